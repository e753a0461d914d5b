// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a card off the bus and finding it anew.
 *
 * Locks: the kernel's rescan lock is taken here, and device locks alone or inside of
 * it, as the kernel does. None may be held by the caller: removing a function takes
 * them all.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "gpupt/compat.h"
#include "gpupt/hw_pci.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"
#include "gpupt/replace.h"

/* A card in RRS for longer than the longest model allows will not come (model.c). */
#define CONFIG_MS	5000
#define POLL_MS		10
/*
 * PCIe r6.0, sec 6.6.1. And pciehp's handler for the link that came back has read
 * Slot Status by then: it looks at ignore_hotplug only after that.
 */
#define SETTLE_MS	100
/* Others have the port's lock for as long as a reset takes at most. */
#define PORT_LOCK_MS	2000
/* And a function's, for as long as that of a silent card. */
#define BINDING_MS	10000

static LIST_HEAD(under_way);
/* Protects under_way. No other lock is taken inside. */
static DEFINE_MUTEX(under_way_lock);

static unsigned int devfn_of(const struct gpupt_replacement *r, unsigned int fn)
{
	return PCI_DEVFN(r->slot, fn);
}

static void remember_bars(struct gpupt_replacement *r, const struct gpupt_hw_pci *card)
{
	unsigned int fn, bar;

	/* A BAR that is just being given its address is one that has to come back. */
	pci_lock_rescan_remove();
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		for (bar = 0; card->fn[fn].pdev && bar < PCI_STD_NUM_BARS; bar++)
			r->bar[fn][bar] = gpupt_bar_kind(card->fn[fn].pdev, bar);
	pci_unlock_rescan_remove();
}

void gpupt_replace_begin(struct gpupt_replacement *r, const struct gpupt_hw_pci *card)
{
	struct pci_dev *gpu = card->fn[card->hw.gpu].pdev;
	unsigned int fn;

	memset(r, 0, sizeof(*r));
	r->port = pci_dev_get(card->port);
	/* Without functions below it nothing else keeps the port from sleeping. */
	pm_runtime_get_sync(&r->port->dev);
	r->bus = gpu->bus;
	get_device(&r->bus->dev);
	r->pci_slot = gpu->slot;
	if (r->pci_slot)
		kobject_get(&r->pci_slot->kobj);
	r->slot = PCI_SLOT(gpu->devfn);
	r->hw = card->hw;
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct pci_dev *pdev = card->fn[fn].pdev;

		/* Nobody used it just now: somebody else resets it, or a driver came. */
		if (pdev && gpupt_hw_pci_binding(pdev, &r->fn[fn], BINDING_MS))
			gpupt_warn(pdev,
				   "its driver_override will not be what it was: it is busy\n");
	}
	remember_bars(r, card);
	mutex_lock(&under_way_lock);
	list_add_tail(&r->node, &under_way);
	mutex_unlock(&under_way_lock);
}

/* The card under way that a function is of, or NULL. */
static struct gpupt_replacement *find_under_way(struct pci_dev *pdev)
{
	struct gpupt_replacement *r;

	lockdep_assert_held(&under_way_lock);

	list_for_each_entry(r, &under_way, node)
		if (pci_upstream_bridge(pdev) == r->port && PCI_SLOT(pdev->devfn) == r->slot)
			return r;
	return NULL;
}

bool gpupt_replace_adopt(struct pci_dev *pdev)
{
	unsigned int fn = PCI_FUNC(pdev->devfn);
	char driver[GPUPT_DRIVER_LEN];
	struct gpupt_replacement *r;
	bool adopted;
	int ret;

	mutex_lock(&under_way_lock);
	r = find_under_way(pdev);
	adopted = r && (r->hw.present & BIT(fn));
	if (adopted)
		strscpy(driver, r->fn[fn].driver, sizeof(driver));
	mutex_unlock(&under_way_lock);
	if (!adopted)
		return false;

	ret = gpupt_set_driver_override(pdev, driver[0] ? driver : GPUPT_NO_DRIVER);
	if (ret)
		gpupt_warn(pdev, "its former driver is not kept: %pe\n", ERR_PTR(ret));
	return true;
}

bool gpupt_replace_under_way(struct pci_dev *pdev)
{
	bool is;

	mutex_lock(&under_way_lock);
	is = find_under_way(pdev);
	mutex_unlock(&under_way_lock);
	return is;
}

static struct pci_dev *get_function(const struct gpupt_replacement *r, unsigned int fn)
{
	return pci_get_slot(r->bus, devfn_of(r, fn));
}

struct pci_dev *gpupt_replace_gpu(const struct gpupt_replacement *r)
{
	return get_function(r, r->hw.gpu);
}

/*
 * The registers of a card also answer when the kernel could not size a BAR, or has no
 * room for it, but no driver could use it. A resizable one may be smaller than before.
 */
static int check_bars(const struct gpupt_replacement *r, struct pci_dev *pdev)
{
	const unsigned long *before = r->bar[PCI_FUNC(pdev->devfn)];
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!before[bar] || gpupt_bar_kind(pdev, bar) == before[bar])
			continue;
		gpupt_err(pdev, "BAR %u did not come back, or has no address; the kernel's lines above say why\n",
			  bar);
		return -EIO;
	}
	return 0;
}

static int check_function(const struct gpupt_replacement *r, unsigned int fn)
{
	struct pci_dev *pdev = get_function(r, fn);
	int ret = -ENODEV;

	if (pdev && gpupt_function_id(pdev) == r->hw.fn[fn].id)
		ret = check_bars(r, pdev);
	pci_dev_put(pdev);
	return ret;
}

static int check_back(const struct gpupt_replacement *r)
{
	unsigned int fn;
	int ret = 0;

	/* Whoever else finds functions gives them addresses before the lock is free again. */
	pci_lock_rescan_remove();
	for (fn = 0; fn < GPUPT_FUNCTIONS && !ret; fn++)
		if (r->hw.present & BIT(fn))
			ret = check_function(r, fn);
	pci_unlock_rescan_remove();
	return ret;
}

/*
 * While the flag is set pciehp drops what the slot reports, and still does what it is
 * asked for. Otherwise it was seen to switch the slot of a silent card on again by itself.
 */
static bool set_ignore_hotplug(const struct gpupt_replacement *r, bool ignore)
{
	/* A port that hears nothing of its slot any more is worse than a flag set unlocked. */
	bool locked = gpupt_lock(&r->port->dev, PORT_LOCK_MS);
	bool before;

	before = r->port->ignore_hotplug;
	if (before && !ignore)
		pcie_capability_write_word(r->port, PCI_EXP_SLTSTA,
					   PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PDC);
	r->port->ignore_hotplug = ignore;
	if (locked)
		device_unlock(&r->port->dev);
	return before;
}

static int cycle_slot(struct gpupt_replacement *r)
{
	struct hotplug_slot *slot = r->pci_slot ? r->pci_slot->hotplug : NULL;
	bool ignored;
	int ret;

	if (!slot || !slot->ops->disable_slot || !slot->ops->enable_slot)
		return -EOPNOTSUPP;
	if (!try_module_get(slot->owner))
		return -ENODEV;
	ignored = set_ignore_hotplug(r, true);
	/* One that is off already only has to be switched on. */
	slot->ops->disable_slot(slot);
	/* pciehp says -EPERM when there is no link. */
	ret = slot->ops->enable_slot(slot) ? -EIO : 0;
	set_ignore_hotplug(r, ignored);
	module_put(slot->owner);
	return ret;
}

static bool answers(const struct gpupt_replacement *r)
{
	u32 id = ~0U;

	pci_bus_read_config_dword(r->bus, devfn_of(r, r->hw.gpu), PCI_VENDOR_ID, &id);
	return id == r->hw.fn[r->hw.gpu].id;
}

/* With the rescan lock, which is the kernel's own and cannot be asserted. */
static void remove_functions(const struct gpupt_replacement *r)
{
	unsigned int fn;

	for (fn = GPUPT_FUNCTIONS; fn--;) {
		struct pci_dev *pdev = get_function(r, fn);

		if (pdev)
			pci_stop_and_remove_bus_device(pdev);
		pci_dev_put(pdev);
	}
}

static bool lock_port(const struct gpupt_replacement *r)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(PORT_LOCK_MS);

	while (!pci_dev_trylock(r->port)) {
		if (time_after(jiffies, deadline))
			return false;
		msleep(POLL_MS);
	}
	return true;
}

static int reset_bus(const struct gpupt_replacement *r)
{
	int ret;

	if (!lock_port(r))
		return -EBUSY;
	/* Without a function on the bus there is none for it to wait for. */
	ret = device_is_registered(&r->port->dev) ? pci_bridge_secondary_bus_reset(r->port) :
						    -ENODEV;
	pci_dev_unlock(r->port);
	return ret;
}

/* COMMAND is zero after a reset (PCIe r6.0, sec 7.5.1.1.3), so this bit is gone then. */
static void leave_mark(const struct gpupt_replacement *r)
{
	pci_bus_write_config_word(r->bus, devfn_of(r, r->hw.gpu), PCI_COMMAND,
				  PCI_COMMAND_INTX_DISABLE);
}

static bool has_mark(const struct gpupt_replacement *r)
{
	u16 command = ~0;

	pci_bus_read_config_word(r->bus, devfn_of(r, r->hw.gpu), PCI_COMMAND, &command);
	return command & PCI_COMMAND_INTX_DISABLE;
}

/*
 * All with the rescan lock. A scan in between would find the card as it was before its
 * reset.
 */
static int remove_and_reset(const struct gpupt_replacement *r)
{
	struct pci_dev *gpu;
	int ret;

	pci_lock_rescan_remove();
	gpu = gpupt_replace_gpu(r);
	remove_functions(r);
	if (gpu)
		leave_mark(r);
	ret = reset_bus(r);
	pci_unlock_rescan_remove();
	pci_dev_put(gpu);
	return ret;
}

static void wait_answers(const struct gpupt_replacement *r)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(CONFIG_MS);

	while (!answers(r) && time_before(jiffies, deadline))
		msleep(POLL_MS);
}

static int rescan(const struct gpupt_replacement *r)
{
	struct pci_dev *gpu = gpupt_replace_gpu(r);
	bool silent = gpu && !answers(r);
	bool ignored;
	int ret;

	pci_dev_put(gpu);
	if (silent)
		return -ENODEV;
	ignored = set_ignore_hotplug(r, true);
	ret = remove_and_reset(r);
	if (!ret)
		wait_answers(r);
	msleep(SETTLE_MS);
	set_ignore_hotplug(r, ignored);
	if (!ret && has_mark(r))
		ret = -EIO;
	pci_lock_rescan_remove();
	/* Whoever finds a port that was removed finds what is below it. */
	if (device_is_registered(&r->port->dev))
		pci_rescan_bus(r->bus);
	pci_unlock_rescan_remove();
	return ret;
}

int gpupt_replace_run(struct gpupt_replacement *r, enum gpupt_rung rung)
{
	int ret;

	switch (rung) {
	case GPUPT_RUNG_SLOT_POWER:
		ret = cycle_slot(r);
		break;
	case GPUPT_RUNG_RESCAN:
		ret = rescan(r);
		break;
	default:
		return -EOPNOTSUPP;
	}
	return ret ?: check_back(r);
}

void gpupt_replace_end(struct gpupt_replacement *r)
{
	unsigned int fn;

	/* Before a claim may look at them. */
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct pci_dev *pdev;
		int ret;

		if (!(r->hw.present & BIT(fn)))
			continue;
		pdev = get_function(r, fn);
		ret = pdev ? gpupt_set_driver_override(pdev, r->fn[fn].override) : 0;
		if (ret)
			gpupt_warn(pdev, "driver_override is not what it was: %pe\n", ERR_PTR(ret));
		pci_dev_put(pdev);
	}
	mutex_lock(&under_way_lock);
	list_del(&r->node);
	mutex_unlock(&under_way_lock);
	if (r->pci_slot)
		kobject_put(&r->pci_slot->kobj);
	put_device(&r->bus->dev);
	pm_runtime_put(&r->port->dev);
	pci_dev_put(r->port);
}
