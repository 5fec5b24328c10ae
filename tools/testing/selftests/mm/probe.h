/* SPDX-License-Identifier: GPL-2.0 */
/* What this machine and this build have that tests need. */
#ifndef PROBE_H
#define PROBE_H

#include "collapse_model.h"
#include "vm_util.h"

/* probe_print() - print it on stdout, "name: value" a line. */
void probe_print(const struct vm_geometry *vm, enum generation generation);

#endif
