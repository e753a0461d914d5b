/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Answers to the kernel
 *
 * What is done, and said, when the kernel asks to reset a function or a bus.
 */
#ifndef GPUPT_ANSWER_H
#define GPUPT_ANSWER_H

#include <linux/types.h>

struct pci_dev;

/**
 * gpupt_answer_buses() - whether gpupt_answer_bus_reset() is called for the kernel's bus resets
 * @answered: it is
 *
 * Context: while no reset can be asked for.
 */
void gpupt_answer_buses(bool answered);

/**
 * gpupt_answer_probe() - can the kernel have this function reset by us?
 * @pdev: the function
 *
 * Touches no hardware.
 *
 * Context: process context.
 * Return: 0 for a GPU, -ENOTTY for every other function.
 */
int gpupt_answer_probe(struct pci_dev *pdev);

/**
 * gpupt_answer_reset() - the kernel asks to reset this function
 * @pdev: the function
 *
 * The reset uses FLR, or a bus reset when every other function of the card is idle. A GPU
 * without FLR that vfio-pci opens alive is left to its client, which can reset the bus.
 *
 * Context: process context, @pdev's device lock held.
 * Return:
 * * 0 - the GPU was reset, and the card verified alive
 * * -ENOTTY - no GPU of ours, it answers and no rung could be tried, or left to the client
 * * -EBUSY - no rung could be tried, and the kernel is to try nothing more
 * * -EAGAIN - config space or registers do not answer: vfio-pci refuses to open it
 * * otherwise as gpupt_reset_run()
 */
int gpupt_answer_reset(struct pci_dev *pdev);

/**
 * gpupt_answer_bus_reset() - the kernel resets the bus below this port
 * @port: the port
 *
 * Only when the caller holds the device lock of every function of the card, as
 * the kernel does on this path. When gpupt_answer_reset() has reset the whole card for
 * the same close of VFIO the card is verified once more instead.
 *
 * Context: process context, device locks held as said.
 * Return: true when the bus was reset, successfully or not; false when that is
 * still to be done.
 */
bool gpupt_answer_bus_reset(struct pci_dev *port);

#endif /* GPUPT_ANSWER_H */
