// SPDX-License-Identifier: GPL-2.0
/*
 * Records of managed functions.
 *
 * Locks, outermost first:
 *   port's device lock        config space of the port (only ever tried for)
 *   function's device lock    its snapshot and the kernel's saved state of it
 *   devices_lock              the list of records
 *   gdev->lock                gdev->status
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/hw_pci.h"
#include "gpupt/log.h"
#include "gpupt/regs.h"
#include "gpupt/report.h"

static LIST_HEAD(devices);
/* Protects devices: who is in it, and in which order. */
static DEFINE_MUTEX(devices_lock);
/*
 * Records with a port. Written with devices_lock held; read by a handler of ftrace, which may
 * not sleep, in a grace period.
 */
static LIST_HEAD(ports);
static struct gpupt_match_list deny;

static int set_deny(const char *val, const struct kernel_param *kp)
{
	int ret = gpupt_param_parse_list("deny", "", val, &deny);

	return ret < 0 ? ret : 0;
}

static const struct kernel_param_ops deny_ops = {
	.set = set_deny,
	.free = gpupt_param_free_list,
};

module_param_cb(deny, &deny_ops, &deny, 0);
MODULE_PARM_DESC(deny, "cards to leave alone, by slot ([dddd:]bb:dd) or ID (vvvv:dddd), comma separated");

static bool notrace denied(const struct pci_dev *pdev)
{
	return gpupt_param_list_has(&deny, pci_domain_nr(pdev->bus), pdev->bus->number,
				    PCI_SLOT(pdev->devfn), pdev->vendor, pdev->device);
}

bool notrace gpupt_device_is_gpu(const struct pci_dev *pdev)
{
	if (pdev->vendor != PCI_VENDOR_ID_NVIDIA || pdev->is_virtfn)
		return false;
	switch (pdev->class >> 8) {
	case PCI_CLASS_DISPLAY_VGA:
	case PCI_CLASS_DISPLAY_3D:
		return !denied(pdev);
	default:
		return false;
	}
}

/* Audio, USB-C controller and its UCSI function, which are functions 1 to 3 of a card. */
static bool is_companion_class(const struct pci_dev *pdev)
{
	switch (pdev->class >> 8) {
	case PCI_CLASS_MULTIMEDIA_HD_AUDIO:
	case PCI_CLASS_SERIAL_USB:
	case PCI_CLASS_SERIAL_UNKNOWN:
		return pdev->vendor == PCI_VENDOR_ID_NVIDIA && !pdev->is_virtfn;
	default:
		return false;
	}
}

struct pci_dev *gpupt_device_get_gpu(struct pci_dev *pdev)
{
	struct pci_dev *gpu;

	if (gpupt_device_is_gpu(pdev))
		return pci_dev_get(pdev);
	if (!is_companion_class(pdev))
		return NULL;
	gpu = gpupt_hw_pci_get_function(pdev, 0);
	if (gpu && gpupt_device_is_gpu(gpu))
		return gpu;
	pci_dev_put(gpu);
	return NULL;
}

bool gpupt_device_is_ours(struct pci_dev *pdev)
{
	struct pci_dev *gpu = gpupt_device_get_gpu(pdev);
	bool ours = gpu;

	pci_dev_put(gpu);
	return ours;
}

/* Of other cards the bus resets of the kernel's own stay the kernel's, in all they do. */
static bool takes_bus_resets(const struct gpupt_device *gdev)
{
	return gdev->model && !gdev->model->no_bus_reset && !gdev->model->bus_by_hand;
}

struct gpupt_device *gpupt_device_add(struct pci_dev *pdev)
{
	struct gpupt_device *gdev = kzalloc(sizeof(*gdev), GFP_KERNEL);

	if (!gdev)
		return ERR_PTR(-ENOMEM);
	kref_init(&gdev->ref);
	spin_lock_init(&gdev->lock);
	gdev->pdev = pci_dev_get(pdev);
	if (gpupt_device_is_gpu(pdev))
		gdev->model = gpupt_model_find(pdev->device);
	if (gpupt_core_state_widen(&gdev->outgrown, pdev)) {
		gpupt_device_put(gdev);
		return ERR_PTR(-ENOMEM);
	}

	kref_get(&gdev->ref);
	mutex_lock(&devices_lock);
	list_add_tail(&gdev->node, &devices);
	if (takes_bus_resets(gdev))
		gdev->port = pci_upstream_bridge(pdev);
	if (gdev->port)
		list_add_tail_rcu(&gdev->port_node, &ports);
	mutex_unlock(&devices_lock);
	return gdev;
}

void gpupt_device_learn(struct gpupt_device *gdev, bool unbound)
{
	struct pci_dev *port = pci_upstream_bridge(gdev->pdev);
	int ret = gpupt_snapshot_take(&gdev->snapshot, gdev->pdev);
	u32 hda = 0;
	u16 link = 0;

	/* Of one that a driver has already it is not known whether that has it open. */
	gdev->idle_enables = unbound ? atomic_read(&gdev->pdev->enable_cnt) : 0;
	if (ret) {
		gpupt_dbg(gdev->pdev, "no snapshot: %d\n", ret);
		return;
	}
	if (port)
		pcie_capability_read_word(port, PCI_EXP_LNKSTA, &link);
	if (gdev->model && gdev->model->hda_enable)
		pci_read_config_dword(gdev->pdev, GPUPT_CFG_HDA, &hda);
	spin_lock(&gdev->lock);
	gdev->status.link = link;
	gdev->status.hda = hda != ~0U && (hda & GPUPT_CFG_HDA_ENABLE);
	spin_unlock(&gdev->lock);
}

/* vfio-pci resets the bus within a few config accesses of the last function that it closes. */
#define CLEAN_TIME	(HZ / 4)

void gpupt_device_set_clean(struct gpupt_device *gpu, bool clean)
{
	spin_lock(&gpu->lock);
	gpu->clean_for = clean ? current : NULL;
	gpu->clean_until = get_jiffies_64() + CLEAN_TIME;
	spin_unlock(&gpu->lock);
}

bool gpupt_device_is_clean(struct gpupt_device *gpu)
{
	bool clean;

	spin_lock(&gpu->lock);
	clean = gpu->clean_for == current && time_before64(get_jiffies_64(), gpu->clean_until);
	spin_unlock(&gpu->lock);
	return clean;
}

void gpupt_device_fence(struct gpupt_device *gpu)
{
	if (gpu->pdev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET)
		return;
	set_bit(GPUPT_DEVICE_FENCED, &gpu->flags);
	gpu->pdev->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
}

void gpupt_device_unfence(struct gpupt_device *gdev)
{
	if (!test_bit(GPUPT_DEVICE_FENCED, &gdev->flags))
		return;
	gdev->pdev->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	clear_bit(GPUPT_DEVICE_FENCED, &gdev->flags);
}

static void free_device(struct kref *ref)
{
	struct gpupt_device *gdev = container_of(ref, struct gpupt_device, ref);

	gpupt_snapshot_free(&gdev->snapshot);
	gpupt_core_state_forget(&gdev->outgrown);
	pci_dev_put(gdev->pdev);
	kfree_rcu(gdev, rcu);
}

void gpupt_device_put(struct gpupt_device *gdev)
{
	kref_put(&gdev->ref, free_device);
}

struct gpupt_device *gpupt_device_find(const struct pci_dev *pdev)
{
	struct gpupt_device *gdev, *found = NULL;

	mutex_lock(&devices_lock);
	list_for_each_entry(gdev, &devices, node) {
		if (gdev->pdev != pdev)
			continue;
		kref_get(&gdev->ref);
		found = gdev;
		break;
	}
	mutex_unlock(&devices_lock);
	return found;
}

struct gpupt_device *gpupt_device_next(struct gpupt_device *prev)
{
	struct gpupt_device *next;

	mutex_lock(&devices_lock);
	if (!prev || list_empty(&prev->node))
		next = list_first_entry_or_null(&devices, struct gpupt_device, node);
	else if (list_is_last(&prev->node, &devices))
		next = NULL;
	else
		next = list_next_entry(prev, node);
	if (next)
		kref_get(&next->ref);
	mutex_unlock(&devices_lock);
	if (prev)
		gpupt_device_put(prev);
	return next;
}

void gpupt_device_remove(struct gpupt_device *gdev)
{
	gpupt_device_unfence(gdev);
	mutex_lock(&devices_lock);
	if (gdev->port)
		list_del_rcu(&gdev->port_node);
	list_del_init(&gdev->node);
	mutex_unlock(&devices_lock);
	gpupt_device_put(gdev);
}

struct gpupt_status gpupt_device_status(struct gpupt_device *gdev)
{
	struct gpupt_status status;

	spin_lock(&gdev->lock);
	status = gdev->status;
	spin_unlock(&gdev->lock);
	return status;
}

enum gpupt_state gpupt_device_state(struct gpupt_device *gdev)
{
	struct gpupt_status status = gpupt_device_status(gdev);
	struct pci_dev *pdev = gdev->pdev;
	bool failed = status.last.result;

	if (test_bit(GPUPT_DEVICE_BUSY, &gdev->flags))
		return GPUPT_STATE_RESETTING;
	if (!failed && !gpupt_hw_pci_config_is_readable(pdev))
		return GPUPT_STATE_UNKNOWN;
	if (!gpupt_hw_pci_answers(pdev))
		return status.exhausted ? GPUPT_STATE_DEAD : GPUPT_STATE_HUNG;
	if (failed)
		return status.last.sec_fault ? GPUPT_STATE_DEAD : GPUPT_STATE_HUNG;
	/* Another hand has reset it, and given no addresses back. */
	if (!gpupt_snapshot_bars_match(pdev))
		return GPUPT_STATE_HUNG;
	return status.last.rung || status.boot0 ? GPUPT_STATE_OK : GPUPT_STATE_UNKNOWN;
}

void gpupt_device_notice_bypass(struct gpupt_device *gpu)
{
	if (!gpupt_is_bypassed(gpu->pdev, &gpu->activation))
		clear_bit(GPUPT_DEVICE_BYPASSED, &gpu->flags);
	else if (!test_and_set_bit(GPUPT_DEVICE_BYPASSED, &gpu->flags))
		gpupt_warn(gpu->pdev, "%s\n", GPUPT_REPORT_BYPASSED);
}

bool notrace gpupt_device_is_our_port(const struct pci_dev *port)
{
	const struct gpupt_device *gdev;
	bool ours = false;

	/* The caller is a handler of ftrace, in which rcu_read_lock() could be traced itself. */
	preempt_disable_notrace();
	list_for_each_entry_lockless(gdev, &ports, port_node)
		ours |= gdev->port == port;
	preempt_enable_notrace();
	return ours;
}
