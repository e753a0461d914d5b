/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Drivers that play vfio-pci and a driver of the host
 *
 * Registered with the kernel's driver core. The one matches only by
 * driver_override, the other every NVIDIA function.
 */
#ifndef FAKE_DRIVER_H
#define FAKE_DRIVER_H

#include <linux/pci.h>
#include <linux/types.h>

struct kunit;

/**
 * struct fake_driver - a driver
 * @pci: for the kernel
 * @registered: it is there
 * @refuse: mask of the functions that it does not take
 * @probed: functions that it took, in that order, as digits
 * @removed: functions that it let go
 */
struct fake_driver {
	struct pci_driver pci;
	bool registered;
	u8 refuse;
	char probed[32];
	char removed[32];
};

/* named vfio-pci */
extern struct fake_driver fake_vfio;
/* named gpupt_fake_host */
extern struct fake_driver fake_host;
/* named nvidia */
extern struct fake_driver fake_nvidia;

/**
 * fake_driver_start() - load a driver, which binds what it matches
 * @test: the case, which is skipped when the kernel has one of that name
 * @driver: the driver
 */
void fake_driver_start(struct kunit *test, struct fake_driver *driver);

/**
 * fake_driver_stop() - unload it
 * @driver: the driver, loaded or not
 */
void fake_driver_stop(struct fake_driver *driver);

/**
 * fake_driver_of() - name of a function's driver
 * @pdev: the function
 *
 * Return: its name, empty when it has none.
 */
const char *fake_driver_of(struct pci_dev *pdev);

#endif /* FAKE_DRIVER_H */
