# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-camera tests/unit/test-card-assign tests/unit/test-card-files \
	tests/unit/test-card-name
tests_unit_test_camera_SOURCES = tests/unit/test-camera.c src/udev/camera.c
tests_unit_test_card_assign_SOURCES = tests/unit/test-card-assign.c src/udev/card-assign.c \
	src/udev/card-name.c src/udev/card-register.c
tests_unit_test_card_files_SOURCES = tests/unit/test-card-files.c src/udev/card-files.c \
	src/udev/card-name.c src/udev/card-register.c
tests_unit_test_card_files_LDADD = src/common/libcommon.a
tests_unit_test_card_name_SOURCES = tests/unit/test-card-name.c src/udev/card-name.c
unit_tests += tests/unit/test-usb-device
tests_unit_test_usb_device_SOURCES = tests/unit/test-usb-device.c src/udev/usb-device.c
