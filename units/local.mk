# SPDX-License-Identifier: GPL-2.0-or-later
dist_systemdsystemunit_DATA = %D%/egm-coldplug.service %D%/egm-usb-reset.socket \
	%D%/egm.slice %D%/egm.target
nodist_systemdsystemunit_DATA = %D%/egm-console.service %D%/egm-streamer@.service \
	%D%/egm-usb-reset@.service
EXTRA_DIST += %D%/egm-console.sysusers %D%/egm-console.service.in %D%/egm-streamer.sysusers \
	%D%/egm-streamer@.service.in %D%/egm-usb-reset@.service.in
CLEANFILES += %D%/egm-console.service %D%/egm-streamer@.service %D%/egm-usb-reset@.service

%D%/%.service: %D%/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' <$< >$@

# Installed under other names than they have here.
install-data-local: install-sysusers
install-sysusers:
	$(MKDIR_P) $(DESTDIR)$(sysusersdir)
	for name in egm-console egm-streamer; do \
		$(INSTALL_DATA) $(srcdir)/%D%/$$name.sysusers \
			$(DESTDIR)$(sysusersdir)/$$name.conf || exit 1; \
	done
uninstall-local: uninstall-sysusers
uninstall-sysusers:
	rm -f $(DESTDIR)$(sysusersdir)/egm-console.conf $(DESTDIR)$(sysusersdir)/egm-streamer.conf
.PHONY: install-sysusers uninstall-sysusers
