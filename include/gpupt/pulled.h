/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: A card that is pulled out during its reset
 *
 * The kernel's hot-plug driver (pciehp) drops what the slot reports while that is told to be
 * ignored, and is not told again afterwards.
 */
#ifndef GPUPT_PULLED_H
#define GPUPT_PULLED_H

#include <linux/types.h>

struct pci_dev;

/**
 * gpupt_pulled() - is the slot below a port empty?
 * @port: the port
 *
 * Both have to say so: Link Status, and Slot Status. A card that hangs may have no link, and
 * is there still.
 *
 * Context: process context.
 * Return: true when it is; false also for a port without a slot.
 */
bool gpupt_pulled(struct pci_dev *port);

/**
 * gpupt_pulled_remove() - have the functions removed that were in an empty slot
 * @port: the port above it
 *
 * Later, when nobody resets them any more; not at all when pciehp has done it by then.
 *
 * Context: process context, device locks may be held.
 */
void gpupt_pulled_remove(struct pci_dev *port);

#endif /* GPUPT_PULLED_H */
