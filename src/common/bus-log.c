/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sd-bus looks who may write a property with a call that waits for the bus, and a setter cannot
 * answer later. So Properties.Set is taken before sd-bus sees it, as the method that it is.
 */
#include "common/bus-log.h"

#include <string.h>

#include "common/log.h"

#define PATH "/org/freedesktop/LogControl1"
#define INTERFACE "org.freedesktop.LogControl1"

static const char *const levels[] = {
	[LOG_EMERG] = "emerg",
	[LOG_ALERT] = "alert",
	[LOG_CRIT] = "crit",
	[LOG_ERR] = "err",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static int get_level(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus, (void) path, (void) interface, (void) property, (void) userdata, (void) error;
	return sd_bus_message_append(reply, "s", levels[log_get_level()]);
}

static int get_target(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus, (void) path, (void) interface, (void) property, (void) userdata, (void) error;
	return sd_bus_message_append(reply, "s", log_get_target());
}

static int get_identifier(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus, (void) path, (void) interface, (void) property, (void) userdata, (void) error;
	return sd_bus_message_append(reply, "s", log_get_ident());
}

/* Says in the introspection that the property can be written, which set() does. */
static int never(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *value, void *userdata, sd_bus_error *error)
{
	(void) bus, (void) path, (void) interface, (void) property, (void) value, (void) userdata,
		(void) error;
	return -EACCES;
}

static int set_level(const char *value, sd_bus_error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(value, levels[i]) == 0) {
			log_set_level((int) i);
			return 0;
		}
	return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
		"LogLevel must be emerg, alert, crit, err, warning, notice, info or debug.");
}

static int set_property(const char *property, const char *value, sd_bus_error *error)
{
	if (strcmp(property, "LogLevel") == 0)
		return set_level(value, error);
	if (strcmp(property, "LogTarget") == 0)
		return strcmp(value, log_get_target()) == 0
			       ? 0
			       : sd_bus_error_setf(error, SD_BUS_ERROR_NOT_SUPPORTED,
					 "Messages go to %s, and nowhere else.", log_get_target());
	if (strcmp(property, "SyslogIdentifier") == 0)
		return sd_bus_error_set(
			error, SD_BUS_ERROR_PROPERTY_READ_ONLY, "SyslogIdentifier cannot be set.");
	return sd_bus_error_setf(
		error, SD_BUS_ERROR_UNKNOWN_PROPERTY, "There is no property %s.", property);
}

static int set(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *interface, *property, *value;
	int r = sd_bus_message_read(m, "ss", &interface, &property);

	(void) userdata;
	if (r < 0)
		return r;
	if (strcmp(interface, INTERFACE) != 0)
		return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_INTERFACE,
			"There is no interface %s.", interface);
	if (sd_bus_message_read(m, "v", "s", &value) < 0)
		return sd_bus_error_set(
			error, SD_BUS_ERROR_INVALID_ARGS, "The value must be a string.");
	r = set_property(property, value, error);
	return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Set") <= 0 ||
		sd_bus_message_has_signature(m, "ssv") <= 0)
		return 0;
	return bus_check(userdata, m, NULL, set, NULL, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get_level, never, 0, 0),
	SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get_target, never, 0, 0),
	SD_BUS_PROPERTY("SyslogIdentifier", "s", get_identifier, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int bus_log_add(struct bus *b, sd_bus *connection)
{
	int r = sd_bus_add_object(connection, NULL, PATH, on_message, b);

	return r < 0 ? r : sd_bus_add_object_vtable(connection, NULL, PATH, INTERFACE, vtable, b);
}
