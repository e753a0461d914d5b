/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Informing the log
 *
 * Writes the report into the kernel log.
 */
#ifndef GPUPT_INFORM_H
#define GPUPT_INFORM_H

struct pci_dev;

/**
 * gpupt_inform_all() - about the host and every managed GPU
 *
 * Context: process context, no device lock held.
 * Return: 0 or -ENOMEM.
 */
int gpupt_inform_all(void);

/**
 * gpupt_inform_warn() - about what has to be done about a card, and nothing else
 * @gpu: its GPU
 *
 * Context: process context, no device lock held.
 */
void gpupt_inform_warn(struct pci_dev *gpu);

#endif /* GPUPT_INFORM_H */
