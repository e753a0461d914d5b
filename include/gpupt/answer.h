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
 * gpupt_answer_probe() - can the kernel have this function reset by us?
 * @pdev: the function
 *
 * Touches no hardware.
 *
 * Context: process context.
 * Return: 0 or -ENOTTY.
 */
int gpupt_answer_probe(struct pci_dev *pdev);

/**
 * gpupt_answer_reset() - the kernel asks to reset this function
 * @pdev: the function
 *
 * The GPU's reset uses FLR, or a bus reset when every other function of the
 * card is idle; one that could not be done for that is owed. Of the other functions
 * one that answers is left alone, since the GPU's reset is the one that counts,
 * unless a reset is owed, which it then pays; one that does not has the card reset.
 *
 * Context: process context, @pdev's device lock held.
 * Return:
 * * 0 - the function was verified alive, or is not the GPU and answers
 * * -ENOTTY - not ours, or it answers and no rung could be tried
 * * -EAGAIN - config space or registers do not answer: vfio-pci refuses to open it
 * * otherwise as gpupt_reset_run()
 */
int gpupt_answer_reset(struct pci_dev *pdev);

/**
 * gpupt_answer_bus_reset() - the kernel resets the bus below this port
 * @port: the port
 *
 * Only when the caller holds the device lock of every function of the card, as
 * the kernel does on this path.
 *
 * Context: process context, device locks held as said.
 * Return: true when the bus was reset, whatever came of it; false when that is
 * still to be done.
 */
bool gpupt_answer_bus_reset(struct pci_dev *port);

#endif /* GPUPT_ANSWER_H */
