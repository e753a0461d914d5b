/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: driver_override
 *
 * The name of the one driver that may bind to a function. Where the kernel keeps it is
 * chosen when the module is built (compat.h); whether the running kernel looks there is
 * checked when it is loaded.
 */
#ifndef GPUPT_OVERRIDE_H
#define GPUPT_OVERRIDE_H

#include <linux/device/bus.h>
#include <linux/types.h>

/**
 * gpupt_override_check() - does the kernel heed a driver_override that the module sets?
 * @bus: the PCI bus
 *
 * Touches no device of the host. The answer is kept for gpupt_override_works(); a no is in the log.
 *
 * Context: process context.
 * Return: 0, whatever the answer is, or -ENOMEM.
 */
int gpupt_override_check(const struct bus_type *bus);

/**
 * gpupt_override_works() - what gpupt_override_check() found
 *
 * Context: any.
 * Return: false when nothing that takes a driver_override can be done.
 */
bool gpupt_override_works(void);

#endif /* GPUPT_OVERRIDE_H */
