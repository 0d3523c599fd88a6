# SPDX-License-Identifier: GPL-2.0-or-later
dist_check_SCRIPTS += \
	%D%/checks/check-catalog.sh \
	%D%/checks/check-bus.sh \
	%D%/checks/check-completion.sh \
	%D%/checks/check-floors.sh \
	%D%/checks/check-headers.sh \
	%D%/checks/check-help.sh \
	%D%/checks/check-man.sh \
	%D%/checks/check-openapi.sh \
	%D%/checks/check-settings.sh \
	%D%/checks/check-translations.sh \
	%D%/checks/check-units.sh \
	%D%/checks/check-web.sh
%D%/checks/check-completion.log %D%/checks/check-help.log %D%/checks/check-settings.log: src/streamer/egm-streamer$(EXEEXT)
%D%/checks/check-completion.log %D%/checks/check-help.log %D%/checks/check-settings.log: src/console/egm-console$(EXEEXT)
%D%/checks/check-completion.log %D%/checks/check-help.log: src/egmctl/egmctl$(EXEEXT)
%D%/checks/check-units.log: units/egm-console.service units/egm-streamer@.service
EXTRA_DIST += %D%/check %D%/steps.sh %D%/checks/lib.sh %D%/checks/openapi.py %D%/cppcheck.supp
%D%/checks/check-openapi.log: tests/tools/egm-routes$(EXEEXT)
