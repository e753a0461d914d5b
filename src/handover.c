// SPDX-License-Identifier: GPL-2.0
/* The kernel's drivers, for the engine of rebind.c. */
#include <linux/aperture.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/card.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/handover.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"

static struct gpupt_handover *to_handover(struct gpupt_rebind *r)
{
	return container_of(r, struct gpupt_handover, rebind);
}

static struct pci_dev *to_function(struct gpupt_rebind *r, unsigned int fn)
{
	return to_handover(r)->card->pci.fn[fn].pdev;
}

/* Who keeps the device lock of a function. */
static int stuck(struct gpupt_rebind *r, unsigned int fn)
{
	char driver[GPUPT_DRIVER_LEN];

	gpupt_hw_pci_driver(to_function(r, fn), driver, sizeof(driver));
	if (!to_handover(r)->quiet)
		gpupt_warn(to_handover(r)->card->gpu->pdev,
			   "nothing is changed while %s is being bound, released or reset, by %s, which is not done with it; try again then\n",
			   pci_name(to_function(r, fn)), driver[0] ? driver : "no driver");
	return -EAGAIN;
}

static int get(struct gpupt_rebind *r, unsigned int fn, struct gpupt_binding *binding)
{
	return gpupt_hw_pci_binding(to_function(r, fn), binding, to_handover(r)->patience_ms) ?
	       stuck(r, fn) : 0;
}

static int set_override(struct gpupt_rebind *r, unsigned int fn, const char *name)
{
	int ret = gpupt_set_driver_override(to_function(r, fn), name);

	return ret == -EBUSY ? stuck(r, fn) : ret;
}

/*
 * nvidia lets go only when its last user is gone (OGKM nv-pci.c nv_pci_remove_helper), and
 * nobody can take back that it was told to.
 */
static int check_driver(struct pci_dev *pdev, int idle_enables)
{
	const struct pci_driver *driver = to_pci_driver(pdev->dev.driver);

	device_lock_assert(&pdev->dev);

	if (!pdev->dev.driver)
		return 0;
	if (!strcmp(driver->name, "nvidia")) {
		gpupt_warn(pdev, "not claimed: the driver nvidia has it, which must not be released while it has users; end them (fuser -v /dev/nvidia* names them, %u references), then: systemctl stop nvidia-persistenced; echo %s > /sys/bus/pci/drivers/nvidia/unbind\n",
			   driver->driver.owner ? module_refcount(driver->driver.owner) : 0,
			   pci_name(pdev));
		return -EBUSY;
	}
	if (driver->driver_managed_dma && gpupt_hw_pci_is_open(pdev, idle_enables)) {
		gpupt_warn(pdev, "it is open through %s, stop its virtual machine first\n",
			   driver->name);
		return -EBUSY;
	}
	return 0;
}

/*
 * Between this and the release somebody could open it. Then the release waits for
 * the virtual machine, as "unbind" does; vfio-pci asks that to let go.
 */
static int may_release(struct gpupt_rebind *r, unsigned int fn)
{
	struct pci_dev *pdev = to_function(r, fn);
	int ret;

	if (!gpupt_lock(&pdev->dev, GPUPT_LOCK_MS))
		return stuck(r, fn);
	ret = check_driver(pdev, to_handover(r)->card->pci.fn[fn].idle_enables);
	device_unlock(&pdev->dev);
	return ret;
}

/*
 * device_attach() and device_release_driver() wait for the lock without a limit.
 * One that hangs later than this is waited for: a release that has begun cannot be taken back.
 */
static int is_free(struct gpupt_rebind *r, unsigned int fn)
{
	struct device *dev = &to_function(r, fn)->dev;

	if (!gpupt_lock(dev, GPUPT_LOCK_MS))
		return stuck(r, fn);
	device_unlock(dev);
	return 0;
}

static int detach(struct gpupt_rebind *r, unsigned int fn)
{
	int ret = is_free(r, fn);

	if (ret)
		return ret;
	gpupt_dbg(to_function(r, fn), "releasing its driver\n");
	device_release_driver(&to_function(r, fn)->dev);
	return 0;
}

static int attach(struct gpupt_rebind *r, unsigned int fn)
{
	struct device *dev = &to_function(r, fn)->dev;
	int ret;

	if (!device_is_registered(dev))
		return -ENODEV;
	ret = is_free(r, fn);
	if (ret)
		return ret;
	ret = device_attach(dev);
	return ret < 0 ? ret : 0;
}

/* vfio-pci evicts it from cards of class VGA only, and keeps the BAR in use otherwise. */
static int between(struct gpupt_rebind *r)
{
	struct gpupt_handover *h = to_handover(r);

	return h->evict ? aperture_remove_conflicting_pci_devices(h->card->gpu->pdev, "gpupt_reset")
			: 0;
}

static void lost(struct gpupt_rebind *r, unsigned int fn)
{
	const struct gpupt_binding *before = &r->before[fn];

	gpupt_err(to_function(r, fn), "it did not go back to %s; echo %s > /sys/bus/pci/drivers_probe tries it again\n",
		  before->driver[0] ? before->driver : "having no driver",
		  pci_name(to_function(r, fn)));
}

static const struct gpupt_rebind_ops rebind_ops = {
	.get = get,
	.set_override = set_override,
	.may_release = may_release,
	.detach = detach,
	.attach = attach,
	.between = between,
	.lost = lost,
};

struct gpupt_handover *gpupt_handover_create(struct gpupt_card *card, bool evict)
{
	struct gpupt_handover *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return NULL;
	h->rebind.ops = &rebind_ops;
	h->rebind.present = card->pci.hw.present;
	h->rebind.gpu = card->pci.hw.gpu;
	h->card = card;
	h->evict = evict;
	h->patience_ms = GPUPT_LOCK_MS;
	return h;
}

int gpupt_handover_run(struct gpupt_handover *h)
{
	int ret = gpupt_rebind_run(&h->rebind, h->to);

	if (ret == -EIO && !device_is_registered(&h->card->gpu->pdev->dev))
		ret = -ENODEV;
	return ret;
}
