/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
