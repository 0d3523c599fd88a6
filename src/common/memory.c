/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

void memory_setup(void)
{
	(void) mallopt(M_ARENA_MAX, 2);
	(void) prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

/* Segments that were never writable are exactly the file's bytes, so they can be dropped at any
 * time; those with relocations (RELRO) are mapped writable at first and left alone. */
static int trim_object(struct dl_phdr_info *info, size_t size, void *userdata)
{
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);

	(void) size;
	(void) userdata;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);
		uintptr_t end = info->dlpi_addr + p->p_vaddr + p->p_filesz;

		/* A fault maps sixteen pages at once; a small segment is back in no time. */
		if (p->p_type != PT_LOAD || p->p_flags & PF_W || end - start < 16 * page)
			continue;
		(void) madvise((void *) start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void memory_trim_code(void)
{
	(void) dl_iterate_phdr(trim_object, NULL);
}
