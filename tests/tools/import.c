/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "egmctl import" as a program of its own, to try it. */
#include "egmctl/import.h"

int main(int argc, char **argv)
{
	return import_main(argc, argv);
}
