# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libcommon.a
%C%_libcommon_a_SOURCES =
