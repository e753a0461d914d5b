/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: sysfs
 *
 * The attributes of Documentation/ABI/testing/sysfs-driver-gpupt_reset: parse,
 * call, emit. No state and no lock of its own.
 */
#ifndef GPUPT_SYSFS_H
#define GPUPT_SYSFS_H

struct gpupt_device;

/**
 * gpupt_sysfs_add() - add the attributes of a GPU
 * @gdev: its record
 *
 * Context: process context.
 * Return: 0 or -errno.
 */
int gpupt_sysfs_add(struct gpupt_device *gdev);

/**
 * gpupt_sysfs_remove() - remove the attributes of a GPU
 * @gdev: its record
 *
 * Waits for readers and writers.
 *
 * Context: process context, no locks held that a reset tries for.
 */
void gpupt_sysfs_remove(struct gpupt_device *gdev);

/**
 * gpupt_sysfs_start() - add /sys/kernel/gpupt
 *
 * Context: process context.
 * Return: 0 or -errno.
 */
int gpupt_sysfs_start(void);

/**
 * gpupt_sysfs_stop() - remove /sys/kernel/gpupt
 *
 * Context: process context.
 */
void gpupt_sysfs_stop(void);

#endif /* GPUPT_SYSFS_H */
