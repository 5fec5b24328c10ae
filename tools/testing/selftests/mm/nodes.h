/* SPDX-License-Identifier: GPL-2.0 */
/* NUMA nodes: where pages are, and how to move, use up and reserve them. */
#ifndef NODES_H
#define NODES_H

#include "vm_util.h"

/* nodes_end() - the highest number of a node, plus one; 0 where the kernel knows none. */
unsigned int nodes_end(void);

/* nodes_with_memory() - how many nodes have memory; 1 where the kernel knows none. */
unsigned int nodes_with_memory(void);

/* nodes_bytes() - a line of the meminfo of one node.
 * @key: as "MemFree"
 * Return: bytes; 0 when there is no such line.
 */
size_t nodes_bytes(unsigned int node, const char *key);

/* nodes_move() - move pages of this process to a node.
 * @start: first page
 * @nr: number of pages, all present
 * Return: 0; -EAGAIN when some page is elsewhere afterwards; another negative errno.
 */
int nodes_move(const struct vm_geometry *vm, char *start, unsigned int nr, unsigned int node);

/* nodes_of() - the node of a page of this process.
 * Return: its number, or a negative errno: -ENOENT when the page is not present.
 */
int nodes_of(char *page);

/* nodes_free_blocks() - free blocks of an order that a node has, larger ones cut up.
 *
 * Of the zone that has most: those of others may be held back for who can use nothing else.
 */
unsigned long nodes_free_blocks(unsigned int node, unsigned int order);

/* nodes_hugetlb() - PMD-sized hugetlb pages in the pool of a node.
 * Return: their number, or a negative errno.
 */
long nodes_hugetlb(const struct vm_geometry *vm, unsigned int node);

/* nodes_set_hugetlb() - let the pool have so many pages, or as many as can be had.
 *
 * The supervisor puts the pool back as it was, whatever a test leaves.
 *
 * Return: how many it has then, or a negative errno.
 */
long nodes_set_hugetlb(const struct vm_geometry *vm, unsigned int node, unsigned long nr);

#endif
