/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Device locks
 *
 * The only way in which the module takes a device lock that it does not just try for. A driver
 * has the lock of its function while it binds and lets go, for as long as it likes.
 */
#ifndef GPUPT_LOCK_H
#define GPUPT_LOCK_H

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/types.h>

/* For who asks by hand: a driver that lets go at all does so sooner, most of the time. */
#define GPUPT_LOCK_MS		3000
/* For who holds up others: the lock is merely looked at by somebody. */
#define GPUPT_LOCK_SHORT_MS	100
#define GPUPT_LOCK_POLL_MS	10

/**
 * gpupt_lock() - take a device lock, unless somebody keeps it
 * @dev: the device
 * @patience_ms: for how long to try
 *
 * Context: process context, sleeps up to @patience_ms.
 * Return: true when the lock was taken; device_unlock() gives it back.
 */
static inline bool gpupt_lock(struct device *dev, unsigned int patience_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(patience_ms);

	while (!device_trylock(dev)) {
		if (time_after(jiffies, deadline))
			return false;
		msleep(GPUPT_LOCK_POLL_MS);
	}
	return true;
}

#endif /* GPUPT_LOCK_H */
