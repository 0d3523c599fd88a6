/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/fault.h"

#include <stdarg.h>

/* The names are for ever: programs go by them. */
static const struct {
	const char *name;
	int err;
} kinds[_FAULT_MAX] = {
	[FAULT_NO_SUCH_OUTPUT] = { "org.egm.Error.NoSuchOutput", ENOENT },
	[FAULT_OUTPUT_EXISTS] = { "org.egm.Error.OutputExists", EEXIST },
	[FAULT_TOO_MANY_OUTPUTS] = { "org.egm.Error.TooManyOutputs", E2BIG },
	[FAULT_BAD_NAME] = { "org.egm.Error.BadName", EINVAL },
	[FAULT_BAD_URL] = { "org.egm.Error.BadUrl", EINVAL },
	[FAULT_BAD_CODEC] = { "org.egm.Error.BadCodec", EINVAL },
	[FAULT_BAD_BITRATE] = { "org.egm.Error.BadBitrate", ERANGE },
	[FAULT_BAD_QUALITY] = { "org.egm.Error.BadQuality", ERANGE },
	[FAULT_NO_PICTURE] = { "org.egm.Error.NoPicture", ENODATA },
	[FAULT_NOT_RECOGNISING] = { "org.egm.Error.NotRecognising", ENOTSUP },
	[FAULT_NO_SUCH_STATE] = { "org.egm.Error.NoSuchState", ENOENT },
	[FAULT_NO_SUCH_REFERENCE] = { "org.egm.Error.NoSuchReference", ENOENT },
	[FAULT_TOO_MANY_REFERENCES] = { "org.egm.Error.TooManyReferences", E2BIG },
	[FAULT_BAD_PICTURE] = { "org.egm.Error.BadPicture", EBADMSG },
	[FAULT_NO_SUCH_TRASH] = { "org.egm.Error.NoSuchTrash", ENOENT },
	[FAULT_NO_SUCH_CANDIDATE] = { "org.egm.Error.NoSuchCandidate", ENOENT },
	[FAULT_NO_SUCH_NUMBER] = { "org.egm.Error.NoSuchNumber", ENOENT },
	[FAULT_BAD_NUMBER] = { "org.egm.Error.BadNumber", EINVAL },
	[FAULT_BAD_RULES] = { "org.egm.Error.BadRules", EINVAL },
	[FAULT_NOT_EDITABLE] = { "org.egm.Error.NotEditable", EROFS },
	[FAULT_CONFIGURATION_BAD] = { "org.egm.Error.ConfigurationBad", EINVAL },
	[FAULT_BUSY] = { "org.egm.Error.Busy", EBUSY },
	[FAULT_IO] = { "org.egm.Error.Io", EIO },
};

const char *fault_name(enum fault_kind kind)
{
	return kinds[kind].name;
}

int fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->words, sizeof(f->words), fmt, ap);
	va_end(ap);
	f->kind = kind;
	return -kinds[kind].err;
}
