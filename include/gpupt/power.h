/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: D3cold
 *
 * vfio-pci lets an idle card sleep, and then the port above it may follow and
 * take its power. Cards have been lost that way until the host was power cycled.
 * So D3cold is blocked for a card and its port while they are managed.
 */
#ifndef GPUPT_POWER_H
#define GPUPT_POWER_H

#include <linux/types.h>

struct pci_dev;

/**
 * struct gpupt_power - record of what was done to block D3cold
 * @function: D3cold was blocked for the function, by us
 * @port: the port above it, referenced, if D3cold was blocked for it by us
 */
struct gpupt_power {
	bool function;
	struct pci_dev *port;
};

/**
 * gpupt_power_block() - block D3cold for a function
 * @pdev: the function
 * @with_port: and for the port above it; for one function of a card only
 * @power: filled; zero before
 *
 * A port that sleeps wakes up, and stays awake. Does nothing to a card that
 * the parameter d3cold= allows to enter D3cold.
 *
 * Context: process context, no locks held that runtime PM callbacks take.
 */
void gpupt_power_block(struct pci_dev *pdev, bool with_port, struct gpupt_power *power);

/**
 * gpupt_power_release() - undo gpupt_power_block()
 * @pdev: the function
 * @power: as gpupt_power_block() filled it, or zero; cleared
 *
 * Context: as gpupt_power_block().
 */
void gpupt_power_release(struct pci_dev *pdev, struct gpupt_power *power);

#endif /* GPUPT_POWER_H */
