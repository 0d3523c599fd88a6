# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libstreamer.a
%C%_libstreamer_a_SOURCES =
