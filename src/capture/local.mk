# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libcapture.a
%C%_libcapture_a_SOURCES =
