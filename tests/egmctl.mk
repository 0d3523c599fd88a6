# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/tools/egm-bus-card
tests_tools_egm_bus_card_SOURCES = tests/tools/bus-card.c
tests_tools_egm_bus_card_LDADD = $(SYSTEMD_LIBS)
unit_tests += tests/unit/test-egmctl-show
tests_unit_test_egmctl_show_SOURCES = tests/unit/test-egmctl-show.c
tests_unit_test_egmctl_show_LDADD = $(EGMCTL_LIBS)
unit_tests += tests/unit/test-egmctl-rules
tests_unit_test_egmctl_rules_SOURCES = tests/unit/test-egmctl-rules.c
tests_unit_test_egmctl_rules_LDADD = $(EGMCTL_LIBS)
unit_tests += tests/unit/test-egmctl-probe
tests_unit_test_egmctl_probe_SOURCES = tests/unit/test-egmctl-probe.c
tests_unit_test_egmctl_probe_LDADD = $(EGMCTL_LIBS)
unit_tests += tests/unit/test-egmctl-cards
tests_unit_test_egmctl_cards_SOURCES = tests/unit/test-egmctl-cards.c tests/unit/folder.h
tests_unit_test_egmctl_cards_LDADD = $(EGMCTL_LIBS)
