// SPDX-License-Identifier: GPL-2.0
/* NUMA nodes; see nodes.h. */
#include <dirent.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "knob.h"
#include "nodes.h"

size_t nodes_bytes(unsigned int node, const char *key)
{
	char path[64], text[8192], pattern[64];
	const char *line;

	snprintf(path, sizeof(path), NODE_SYSFS "/node%u/meminfo", node);
	snprintf(pattern, sizeof(pattern), " %s:", key);
	if (read_text(path, text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, pattern);
	return line ? strtoull(line + strlen(pattern), NULL, 10) * 1024 : 0;
}

unsigned int nodes_end(void)
{
	unsigned int node, end = 0;
	struct dirent *entry;
	DIR *dir;

	dir = opendir(NODE_SYSFS);
	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "node%u", &node) == 1 && node < MAX_NODES && node >= end)
			end = node + 1;
	if (dir)
		closedir(dir);
	return end;
}

unsigned int nodes_with_memory(void)
{
	unsigned int node, nr = 0, end = nodes_end();

	for (node = 0; node < end; node++)
		nr += !!nodes_bytes(node, "MemTotal");
	return nr ?: 1;
}

int nodes_move(const struct vm_geometry *vm, char *start, unsigned int nr, unsigned int node)
{
	void **pages = calloc(nr, sizeof(*pages));
	int *to = calloc(nr, sizeof(*to)), *status = calloc(nr, sizeof(*status));
	int err = pages && to && status ? 0 : -ENOMEM;
	unsigned int i;

	for (i = 0; i < nr && !err; i++) {
		pages[i] = start + i * vm->page_size;
		to[i] = node;
	}
	if (!err && syscall(SYS_move_pages, 0, (unsigned long)nr, pages, to, status,
			    MPOL_MF_MOVE) < 0)
		err = -errno;
	for (i = 0; i < nr && !err; i++)
		if (nodes_of(pages[i]) != (int)node)
			err = -EAGAIN;
	free(pages);
	free(to);
	free(status);
	return err;
}

int nodes_of(char *page)
{
	void *pages[1] = { page };
	int status = -ENOENT;

	if (syscall(SYS_move_pages, 0, 1UL, pages, NULL, &status, 0))
		return -errno;
	return status;
}

unsigned long nodes_free_blocks(unsigned int node, unsigned int order)
{
	unsigned long most = 0, sum, blocks;
	unsigned int of, number;
	char line[1024];
	FILE *file;
	int at, len;

	file = fopen("/proc/buddyinfo", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %u, zone %*s%n", &number, &at) != 1 || number != node)
			continue;
		sum = 0;
		for (of = 0; sscanf(line + at, "%lu%n", &blocks, &len) == 1; of++, at += len)
			sum += of < order ? 0 : blocks << (of - order);
		if (sum > most)
			most = sum;
	}
	if (file)
		fclose(file);
	return most;
}

long nodes_hugetlb(const struct vm_geometry *vm, unsigned int node)
{
	unsigned long nr;
	char path[128];
	int err;

	hugetlb_path(vm, path, sizeof(path), node, "nr_hugepages");
	err = read_ulong(path, &nr);
	return err ?: (long)nr;
}

long nodes_set_hugetlb(const struct vm_geometry *vm, unsigned int node, unsigned long nr)
{
	char path[128], value[KNOB_VALUE];
	int err;

	hugetlb_path(vm, path, sizeof(path), node, "nr_hugepages");
	snprintf(value, sizeof(value), "%lu", nr);
	/* It takes what there is, and shows that. */
	err = knob_write_always(path, value);
	return err ?: nodes_hugetlb(vm, node);
}
