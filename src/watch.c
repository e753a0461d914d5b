// SPDX-License-Identifier: GPL-2.0
/* Functions come and go. */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "gpupt/activate.h"
#include "gpupt/claim.h"
#include "gpupt/device.h"
#include "gpupt/hook.h"
#include "gpupt/later.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"
#include "gpupt/override.h"
#include "gpupt/power.h"
#include "gpupt/replace.h"
#include "gpupt/sysfs.h"
#include "gpupt/watch.h"

/* Serialises adding and removing, so that a function is added once. */
static DEFINE_MUTEX(watch_lock);

/*
 * Early enough that no driver has had the function, and late enough that its
 * BARs are assigned: the kernel is about to bind its first driver.
 */
static void learn_before_bind(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;

	device_lock_assert(&pdev->dev);

	gdev = gpupt_device_find(pdev);
	if (!gdev)
		return;
	gpupt_device_learn(gdev, true);
	gpupt_device_notice_bypass(gdev);
	gpupt_device_put(gdev);
}

/* Return: false when somebody keeps its lock. */
static bool learn(struct gpupt_device *gdev, unsigned int patience_ms)
{
	struct pci_dev *pdev = gdev->pdev;
	bool locked;

	pm_runtime_get_sync(&pdev->dev);
	locked = gpupt_lock(&pdev->dev, patience_ms);
	if (locked) {
		gpupt_device_learn(gdev, !pdev->dev.driver);
		device_unlock(&pdev->dev);
	}
	pm_runtime_put(&pdev->dev);
	return locked;
}

/* For as long as a driver may take to bind. One that is only bound later is learned then. */
#define LEARN_MS	10000

static void learn_later(struct pci_dev *pdev)
{
	struct gpupt_device *gdev = gpupt_device_find(pdev);

	if (!gdev)
		return;
	if (!learn(gdev, LEARN_MS))
		gpupt_dbg(pdev, "no snapshot: its driver keeps the lock\n");
	gpupt_device_put(gdev);
}

/* Return: a reference on a new record, NULL when there is nothing to do. */
static struct gpupt_device *add_function(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;
	int ret;

	lockdep_assert_held(&watch_lock);

	if (!gpupt_device_is_ours(pdev))
		return NULL;
	gdev = gpupt_device_find(pdev);
	if (gdev) {
		gpupt_device_put(gdev);
		return NULL;
	}
	gdev = gpupt_device_add(pdev);
	if (IS_ERR(gdev))
		return gdev;
	gpupt_power_block(pdev, gdev->model, &gdev->power);
	if (!gdev->model)
		return gdev;
	ret = gpupt_sysfs_add(gdev);
	if (ret) {
		gpupt_power_release(pdev, &gdev->power);
		gpupt_device_remove(gdev);
		gpupt_device_put(gdev);
		return ERR_PTR(ret);
	}
	return gdev;
}

static void remove_function(struct gpupt_device *gdev)
{
	lockdep_assert_held(&watch_lock);

	if (gdev->model)
		gpupt_sysfs_remove(gdev);
	gpupt_power_release(gdev->pdev, &gdev->power);
	gpupt_device_remove(gdev);
}

static void function_came(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;

	/* One that is only being reset stays whose it was. */
	if (!gpupt_replace_adopt(pdev))
		gpupt_claim_adopt(pdev);
	mutex_lock(&watch_lock);
	gdev = add_function(pdev);
	if (IS_ERR(gdev)) {
		gpupt_warn(pdev, "not managed: %pe; remove the module and load it again\n", gdev);
	} else if (gdev) {
		gpupt_hook_adopt(gdev);
		gpupt_device_put(gdev);
	}
	mutex_unlock(&watch_lock);
}

static void function_goes(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;

	mutex_lock(&watch_lock);
	gdev = gpupt_device_find(pdev);
	if (gdev) {
		remove_function(gdev);
		gpupt_device_put(gdev);
	}
	mutex_unlock(&watch_lock);
}

static int bus_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	/* The kernel adds virtual functions with the device lock of their GPU held. */
	if (pdev->vendor != PCI_VENDOR_ID_NVIDIA || pdev->is_virtfn)
		return NOTIFY_DONE;
	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		function_came(pdev);
		break;
	case BUS_NOTIFY_BIND_DRIVER:
		learn_before_bind(pdev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		function_goes(pdev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block bus_nb = { .notifier_call = bus_event };

static int add_present(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;

	gpupt_claim_adopt(pdev);
	mutex_lock(&watch_lock);
	gdev = add_function(pdev);
	mutex_unlock(&watch_lock);
	if (IS_ERR_OR_NULL(gdev))
		return PTR_ERR_OR_ZERO(gdev);

	/* The whole bus waits here. */
	if (!learn(gdev, GPUPT_LOCK_SHORT_MS) && gpupt_later(learn_later, pdev))
		gpupt_dbg(pdev, "no snapshot: nobody to take it\n");
	if (gdev->model)
		gpupt_info(pdev, "managed, family %s%s\n", gdev->model->family,
			   gdev->model->by_capability ?
			   ", reset by what its capabilities say" : "");
	gpupt_device_put(gdev);
	return 0;
}

static void remove_all(void)
{
	struct gpupt_device *gdev;

	mutex_lock(&watch_lock);
	while ((gdev = gpupt_device_next(NULL))) {
		gpupt_deactivate(gdev->pdev, &gdev->activation);
		remove_function(gdev);
		gpupt_device_put(gdev);
	}
	mutex_unlock(&watch_lock);
}

static void stop(void)
{
	bus_unregister_notifier(&pci_bus_type, &bus_nb);
	remove_all();
}

/* Without the lock of the bus: what is waited for here takes it. */
static void end(void)
{
	gpupt_claim_stop();
	gpupt_later_stop();
}

/*
 * The lock of the bus: the walk does not meet a function after its removal was announced,
 * and none is removed after the announcements end and before its record is.
 */
int gpupt_watch_start(void)
{
	struct pci_dev *pdev = NULL;
	int ret;

	ret = gpupt_override_check(&pci_bus_type);
	if (!ret)
		ret = gpupt_later_start();
	if (ret)
		return ret;
	pci_lock_rescan_remove();
	ret = bus_register_notifier(&pci_bus_type, &bus_nb);
	if (ret)
		goto out_unlock;
	for_each_pci_dev(pdev) {
		ret = add_present(pdev);
		if (ret) {
			pci_dev_put(pdev);
			stop();
			break;
		}
	}

out_unlock:
	pci_unlock_rescan_remove();
	if (ret)
		end();
	else
		gpupt_claim_start();
	return ret;
}

void gpupt_watch_stop(void)
{
	pci_lock_rescan_remove();
	stop();
	pci_unlock_rescan_remove();
	end();
}
