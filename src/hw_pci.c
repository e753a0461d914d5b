// SPDX-License-Identifier: GPL-2.0
/*
 * struct gpupt_hw_ops over a real card.
 *
 * Locks. The kernel's order is port before function. Whoever asks for a reset
 * already has the lock of at least one function, so everything else is only
 * ever tried for, never waited for.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/compat.h"
#include "gpupt/facts.h"
#include "gpupt/hw_pci.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"
#include "gpupt/override.h"
#include "gpupt/port_errors.h"
#include "gpupt/pulled.h"
#include "gpupt/regs.h"

/* Out of D3hot within 10 ms (PCIe r6.0, 5.9); the rest is for the driver, on a busy host. */
#ifndef WAKE_MS
#define WAKE_MS		10000
#endif
#define WAKE_POLL_MS	10
/* No list in a public dump of a card has more than one. */
#define DVSECS		16
/* One that every kernel has a name for. */
#define SOME_METHOD	1

static struct gpupt_hw_pci *to_card(struct gpupt_hw *hw)
{
	return container_of(hw, struct gpupt_hw_pci, hw);
}

static u32 read_config(struct pci_dev *pdev, unsigned int pos, unsigned int size)
{
	u32 dword = ~0U;
	u16 word = ~0;
	u8 byte = ~0;

	switch (size) {
	case 1:
		pci_read_config_byte(pdev, pos, &byte);
		return byte;
	case 2:
		pci_read_config_word(pdev, pos, &word);
		return word;
	default:
		pci_read_config_dword(pdev, pos, &dword);
		return dword;
	}
}

static void write_config(struct pci_dev *pdev, unsigned int pos, unsigned int size, u32 val)
{
	switch (size) {
	case 1:
		pci_write_config_byte(pdev, pos, val);
		break;
	case 2:
		pci_write_config_word(pdev, pos, val);
		break;
	default:
		pci_write_config_dword(pdev, pos, val);
		break;
	}
}

static u32 cfg_read(struct gpupt_hw *hw, unsigned int fn, unsigned int pos, unsigned int size)
{
	return read_config(to_card(hw)->fn[fn].pdev, pos, size);
}

static void cfg_write(struct gpupt_hw *hw, unsigned int fn, unsigned int pos, unsigned int size,
		      u32 val)
{
	device_lock_assert(&to_card(hw)->fn[fn].pdev->dev);
	write_config(to_card(hw)->fn[fn].pdev, pos, size, val);
}

static u32 port_read(struct gpupt_hw *hw, unsigned int pos, unsigned int size)
{
	struct gpupt_hw_pci *card = to_card(hw);

	return card->port ? read_config(card->port, pos, size) : ~0U;
}

static void port_write(struct gpupt_hw *hw, unsigned int pos, unsigned int size, u32 val)
{
	device_lock_assert(&to_card(hw)->port->dev);
	write_config(to_card(hw)->port, pos, size, val);
}

/* The accessors of the kernel lock these registers against its ASPM and bandwidth control. */
static void port_exp_modify(struct gpupt_hw *hw, unsigned int reg, u16 clear, u16 set)
{
	device_lock_assert(&to_card(hw)->port->dev);
	pcie_capability_clear_and_set_word(to_card(hw)->port, reg, clear, set);
}

static void map_bar0(struct gpupt_hw_pci *card)
{
	struct pci_dev *gpu = card->fn[card->hw.gpu].pdev;
	const struct resource *res = &gpu->resource[0];

	if (!(res->flags & IORESOURCE_MEM) || (res->flags & IORESOURCE_UNSET) || !res->parent)
		return;
	card->bar0_len = min_t(resource_size_t, resource_size(res), GPUPT_BAR0_WINDOW);
	card->bar0 = ioremap(res->start, card->bar0_len);
}

static void unmap_bar0(struct gpupt_hw_pci *card)
{
	if (card->bar0)
		iounmap(card->bar0);
	card->bar0 = NULL;
}

static u32 bar0_read(struct gpupt_hw *hw, u32 reg)
{
	struct gpupt_hw_pci *card = to_card(hw);
	u32 value;

	if (!card->bar0)
		map_bar0(card);
	if (!card->bar0 || reg + sizeof(u32) > card->bar0_len)
		return ~0U;
	gpupt_port_errors_mask(card->port, GPUPT_PORT_ACCESS);
	value = ioread32(card->bar0 + reg);
	gpupt_port_errors_unmask(card->port, GPUPT_PORT_ACCESS);
	return value;
}

static void bar0_write(struct gpupt_hw *hw, u32 reg, u32 val)
{
	struct gpupt_hw_pci *card = to_card(hw);

	device_lock_assert(&card->fn[hw->gpu].pdev->dev);
	if (!card->bar0 || reg + sizeof(u32) > card->bar0_len)
		return;
	gpupt_port_errors_mask(card->port, GPUPT_PORT_ACCESS);
	iowrite32(val, card->bar0 + reg);
	gpupt_port_errors_unmask(card->port, GPUPT_PORT_ACCESS);
}

/*
 * With a limit, as the list of a card that is not well may be anything; the kernel's own
 * pci_find_dvsec_capability() is for cards that are.
 */
static unsigned int dvsec(struct gpupt_hw *hw)
{
	struct pci_dev *pdev = to_card(hw)->fn[hw->gpu].pdev;
	unsigned int left = DVSECS;
	u16 pos = 0, vendor, id;

	while (left--) {
		pos = pci_find_next_ext_capability(pdev, pos, PCI_EXT_CAP_ID_DVSEC);
		if (!pos)
			break;
		pci_read_config_word(pdev, pos + PCI_DVSEC_HEADER1, &vendor);
		pci_read_config_word(pdev, pos + PCI_DVSEC_HEADER2, &id);
		if (vendor == PCI_VENDOR_ID_NVIDIA && id == 0)
			return pos;
	}
	return 0;
}

bool gpupt_hw_pci_is_open(const struct pci_dev *pdev, int idle_enables)
{
	return atomic_read(&pdev->enable_cnt) > idle_enables;
}

bool gpupt_hw_pci_user(struct pci_dev *pdev, int idle_enables, char *buf, size_t len)
{
	struct pci_driver *driver = to_pci_driver(pdev->dev.driver);

	device_lock_assert(&pdev->dev);

	if (!pdev->dev.driver)
		return false;
	if (!driver->driver_managed_dma) {
		snprintf(buf, len, "%s is in use by the driver %s, unbind it first",
			 pci_name(pdev), driver->name);
		return true;
	}
	if (gpupt_hw_pci_is_open(pdev, idle_enables)) {
		snprintf(buf, len, "%s is open through %s, stop its virtual machine first",
			 pci_name(pdev), driver->name);
		return true;
	}
	return false;
}

bool gpupt_hw_pci_config_is_readable(struct pci_dev *pdev)
{
	struct pci_dev *port = pci_upstream_bridge(pdev);

	return pdev->current_state != PCI_D3cold &&
	       (!port || port->current_state == PCI_D0 || port->current_state == PCI_UNKNOWN);
}

bool gpupt_hw_pci_answers(struct pci_dev *pdev)
{
	u32 id = ~0U;
	u8 header = ~0;

	pci_read_config_dword(pdev, PCI_VENDOR_ID, &id);
	pci_read_config_byte(pdev, PCI_HEADER_TYPE, &header);
	return id == gpupt_function_id(pdev) && (header & GPUPT_HEADER_LAYOUT) == pdev->hdr_type;
}

/*
 * Without the device lock, as the kernel's dev_uevent(): a driver is gone from its functions
 * before it is unloaded, and a module's memory is freed after a grace period (free_module()).
 */
bool gpupt_hw_pci_driver(struct pci_dev *pdev, char *name, size_t len)
{
	struct device_driver *driver;
	bool for_guests;

	rcu_read_lock();
	driver = READ_ONCE(pdev->dev.driver);
	strscpy(name, driver ? driver->name : "", len);
	for_guests = driver && to_pci_driver(driver)->driver_managed_dma;
	rcu_read_unlock();
	return for_guests;
}

/* sriov_numvfs_store() asks the driver; vfio-pci declines, but for enable_sriov=1. */
bool gpupt_hw_pci_can_end_vfs(struct pci_dev *pdev)
{
	struct device_driver *driver;
	bool can;

	rcu_read_lock();
	driver = READ_ONCE(pdev->dev.driver);
	can = driver && to_pci_driver(driver)->sriov_configure &&
	      !to_pci_driver(driver)->driver_managed_dma;
	rcu_read_unlock();
	return can;
}

int gpupt_hw_pci_binding(struct pci_dev *pdev, struct gpupt_binding *binding,
			 unsigned int patience_ms)
{
	bool locked = gpupt_lock(&pdev->dev, patience_ms);

	memset(binding, 0, sizeof(*binding));
	gpupt_hw_pci_driver(pdev, binding->driver, sizeof(binding->driver));
	if (!locked)
		return -EBUSY;
	device_unlock(&pdev->dev);
	return gpupt_get_driver_override(pdev, binding->override, sizeof(binding->override));
}

static bool borrowed(struct gpupt_hw_pci *card, unsigned int fn)
{
	return card->borrowed & BIT(fn);
}

/*
 * Has a function awake, and keeps it so: one that is woken, or put to sleep, has its
 * config space restored, or saved, without its device lock. pm_runtime_put() lets it go,
 * whatever this returns.
 *
 * Its driver's callback runs in a task of its own, which gets WAKE_MS: it may want a lock of
 * the driver that the caller of this reset holds.
 */
static bool wake(struct pci_dev *pdev)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(WAKE_MS);
	int ret = pm_runtime_get(&pdev->dev);

	while ((!ret || ret == -EINPROGRESS) && !pm_runtime_active(&pdev->dev) &&
	       time_before(jiffies, deadline))
		msleep(WAKE_POLL_MS);
	/* One that cannot be woken is as it is; one that is being woken is in use. */
	return pm_runtime_active(&pdev->dev) || (ret < 0 && ret != -EINPROGRESS);
}

/*
 * vfio-pci enables a function before it tries its lock, and tries that of one with a reset
 * method alone (vfio_pci_core_enable(), pci_try_reset_function()). Any other would be opened
 * in the middle of a reset, and its config space of that moment taken for its own. So it
 * has a method as long, and its client is told EAGAIN.
 */
static void shut(struct gpupt_hw_pci_fn *f)
{
	f->shut = !f->pdev->reset_methods[0];
	if (f->shut)
		WRITE_ONCE(f->pdev->reset_methods[0], SOME_METHOD);
	/* Pairs with pci_enable_device(), which counts first: one of the two sees the other. */
	smp_mb();
}

static void open_up(struct gpupt_hw_pci_fn *f)
{
	/* The user may have written to reset_method. */
	if (f->shut && READ_ONCE(f->pdev->reset_methods[0]) == SOME_METHOD)
		WRITE_ONCE(f->pdev->reset_methods[0], 0);
	f->shut = false;
}

static int begin_function(struct gpupt_hw_pci *card, unsigned int fn)
{
	struct gpupt_hw_pci_fn *f = &card->fn[fn];
	int ret;

	/* The GPU has the module's own, or a list that its user emptied. */
	if (fn != card->hw.gpu)
		shut(f);
	if (!borrowed(card, fn) &&
	    gpupt_hw_pci_user(f->pdev, f->idle_enables, card->busy, sizeof(card->busy))) {
		ret = -EBUSY;
		goto err_open_up;
	}
	/* Of one that is woken the kernel restores, and uses up, what it has saved. */
	ret = gpupt_core_state_push(&f->core, f->pdev);
	if (ret)
		goto err_open_up;
	if (!wake(f->pdev)) {
		snprintf(card->busy, sizeof(card->busy), "%s is slow to wake, try again",
			 pci_name(f->pdev));
		ret = -EBUSY;
		goto err_put_runtime;
	}
	f->was_dead = !gpupt_hw_fn_answers(&card->hw, fn);
	ret = card->iommu_by_caller ? 0 : pci_dev_reset_iommu_prepare(f->pdev);
	if (!ret)
		return 0;

err_put_runtime:
	gpupt_core_state_pop(&f->core, f->pdev);
	pm_runtime_put(&f->pdev->dev);
err_open_up:
	open_up(f);
	return ret;
}

static void end_function(struct gpupt_hw_pci *card, unsigned int fn, bool alive)
{
	struct gpupt_hw_pci_fn *f = &card->fn[fn];

	if (!card->iommu_by_caller)
		pci_dev_reset_iommu_done(f->pdev);
	gpupt_core_state_pop(&f->core, f->pdev);
	if (alive)
		gpupt_core_state_mend(f->pdev, f->snapshot, f->was_dead);
	pm_runtime_put(&f->pdev->dev);
	open_up(f);
}

int gpupt_hw_pci_begin(struct gpupt_hw_pci *card)
{
	unsigned int fn;
	int ret = 0;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!borrowed(card, fn))
			continue;
		ret = begin_function(card, fn);
		if (ret)
			break;
	}
	if (!ret)
		return 0;
	while (fn--)
		if (borrowed(card, fn))
			end_function(card, fn, false);
	return ret;
}

void gpupt_hw_pci_end(struct gpupt_hw_pci *card, bool alive)
{
	unsigned int fn;

	unmap_bar0(card);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (borrowed(card, fn))
			end_function(card, fn, alive);
}

static int hold_function(struct gpupt_hw_pci *card, unsigned int fn)
{
	struct pci_dev *pdev = card->fn[fn].pdev;
	int ret;

	if (!pci_dev_trylock(pdev)) {
		snprintf(card->busy, sizeof(card->busy), "%s is busy, try again", pci_name(pdev));
		return -EBUSY;
	}
	ret = begin_function(card, fn);
	if (ret)
		pci_dev_unlock(pdev);
	else
		card->held |= BIT(fn);
	return ret;
}

static void release_functions(struct gpupt_hw_pci *card)
{
	unsigned int fn;

	for (fn = GPUPT_FUNCTIONS; fn--;) {
		if (!(card->held & BIT(fn)))
			continue;
		end_function(card, fn, false);
		pci_dev_unlock(card->fn[fn].pdev);
	}
	card->held = 0;
}

/*
 * pciehp takes the link change of a bus reset for a card pulled out and put in.
 * Its interrupt handler drops events while this flag of the port is set, which
 * unlike a write to Slot Control does not race with pciehp's own copy of that.
 */
static void ignore_hotplug(struct gpupt_hw_pci *card)
{
	u16 slot = 0;

	device_lock_assert(&card->port->dev);
	card->ignore_hotplug = card->port->ignore_hotplug;
	card->port->ignore_hotplug = 1;
	/* Not every slot tells of a card but by its link (PCIe r6.0, sec 6.7.1.3). */
	pcie_capability_read_word(card->port, PCI_EXP_SLTSTA, &slot);
	card->was_present = slot != 0xffff && (slot & PCI_EXP_SLTSTA_PDS);
}

static void heed_hotplug(struct gpupt_hw_pci *card)
{
	device_lock_assert(&card->port->dev);
	if (card->port->is_hotplug_bridge)
		pcie_capability_write_word(card->port, PCI_EXP_SLTSTA,
					   PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PDC);
	card->port->ignore_hotplug = card->ignore_hotplug;
	/* From here on pciehp is told; what it missed before is seen. */
	if (!card->ignore_hotplug && card->was_present && !card->replaced_next &&
	    gpupt_pulled(card->port))
		gpupt_pulled_remove(card->port);
}

static bool lock_port(struct gpupt_hw_pci *card)
{
	if (!card->port)
		return false;
	card->port_locked = pci_dev_trylock(card->port);
	return card->port_locked || gpupt_device_lock_is_mine(&card->port->dev);
}

static void unlock_port(struct gpupt_hw_pci *card)
{
	if (card->port_locked)
		pci_dev_unlock(card->port);
	card->port_locked = false;
}

static int hold_functions(struct gpupt_hw_pci *card)
{
	unsigned int fn;
	int ret;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(card->hw.present & BIT(fn)) || borrowed(card, fn))
			continue;
		ret = hold_function(card, fn);
		if (ret) {
			release_functions(card);
			return ret;
		}
	}
	return 0;
}

static int hold(struct gpupt_hw *hw, bool whole)
{
	struct gpupt_hw_pci *card = to_card(hw);
	int ret;

	if (!lock_port(card)) {
		snprintf(card->busy, sizeof(card->busy), "port %s is busy, try again",
			 card->port ? pci_name(card->port) : "none");
		return -EBUSY;
	}
	ret = whole ? hold_functions(card) : 0;
	if (ret) {
		unlock_port(card);
		return ret;
	}
	ignore_hotplug(card);
	gpupt_port_errors_mask(card->port, GPUPT_PORT_RESET);
	return 0;
}

static void release(struct gpupt_hw *hw)
{
	struct gpupt_hw_pci *card = to_card(hw);

	gpupt_port_errors_unmask(card->port, GPUPT_PORT_RESET);
	heed_hotplug(card);
	release_functions(card);
	unlock_port(card);
}

static int save(struct gpupt_hw *hw, unsigned int fn)
{
	struct gpupt_hw_pci_fn *f = &to_card(hw)->fn[fn];

	return gpupt_snapshot_take(f->snapshot, f->pdev);
}

static bool own_bars(struct gpupt_hw *hw, unsigned int fn)
{
	return gpupt_snapshot_bars_match(to_card(hw)->fn[fn].pdev);
}

static int restore(struct gpupt_hw *hw, unsigned int fn)
{
	struct gpupt_hw_pci_fn *f = &to_card(hw)->fn[fn];

	return gpupt_snapshot_apply(f->snapshot, f->pdev);
}

static u64 now_ms(struct gpupt_hw *hw)
{
	return ktime_to_ms(ktime_get());
}

static void sleep_ms(struct gpupt_hw *hw, unsigned int ms)
{
	fsleep(ms * USEC_PER_MSEC);
}

static const struct gpupt_hw_ops hw_pci_ops = {
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
	.port_read = port_read,
	.port_write = port_write,
	.port_exp_modify = port_exp_modify,
	.bar0_read = bar0_read,
	.bar0_write = bar0_write,
	.dvsec = dvsec,
	.hold = hold,
	.release = release,
	.save = save,
	.own_bars = own_bars,
	.restore = restore,
	.now_ms = now_ms,
	.sleep_ms = sleep_ms,
};

static void init_port(struct gpupt_hw_pci *card, struct pci_dev *gpu)
{
	card->port = pci_dev_get(pci_upstream_bridge(gpu));
	if (!card->port)
		return;
	card->hw.port_exp = pci_pcie_cap(card->port);
	card->hw.port_link_report = card->port->link_active_reporting;
}

struct pci_dev *gpupt_hw_pci_get_function(const struct pci_dev *pdev, unsigned int fn)
{
	struct pci_dev *found;

	/* Not pci_get_slot(): no lock that may be outside of a device lock is taken. */
	found = pci_get_domain_bus_and_slot(pci_domain_nr(pdev->bus), pdev->bus->number,
					    PCI_DEVFN(PCI_SLOT(pdev->devfn), fn));
	if (!found || !found->is_virtfn)
		return found;
	/* With few buses virtual functions have numbers next to that of their GPU. */
	pci_dev_put(found);
	return NULL;
}

void gpupt_hw_pci_init(struct gpupt_hw_pci *card, struct pci_dev *gpu)
{
	unsigned int fn;

	memset(card, 0, sizeof(*card));
	card->hw.ops = &hw_pci_ops;
	card->hw.gpu = PCI_FUNC(gpu->devfn);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct gpupt_hw_pci_fn *f = &card->fn[fn];

		/* A GPU that is being removed is not on its bus any more. */
		f->pdev = fn == card->hw.gpu ? pci_dev_get(gpu) :
			  gpupt_hw_pci_get_function(gpu, fn);
		if (!f->pdev)
			continue;
		f->snapshot = &f->own;
		card->hw.present |= BIT(fn);
		card->hw.fn[fn] = (struct gpupt_hw_fn){
			.id = gpupt_function_id(f->pdev),
			.header = f->pdev->hdr_type,
			.exp = pci_pcie_cap(f->pdev),
		};
	}
	init_port(card, gpu);
}

void gpupt_hw_pci_fini(struct gpupt_hw_pci *card)
{
	unsigned int fn;

	/* One that was verified without a reset is not ended by gpupt_hw_pci_end(). */
	unmap_bar0(card);
	pci_dev_put(card->port);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		gpupt_snapshot_free(&card->fn[fn].own);
		pci_dev_put(card->fn[fn].pdev);
	}
}

static bool bus_reset_broken(struct pci_dev *pdev)
{
	return pdev && (pdev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
}

static bool flr_offered(struct pci_dev *gpu)
{
	return (gpu->devcap & PCI_EXP_DEVCAP_FLR) &&
	       !(gpu->dev_flags & PCI_DEV_FLAGS_NO_FLR_RESET);
}

static bool bus_is_shared(const struct gpupt_hw_pci *card, struct pci_dev *gpu)
{
	struct pci_dev *pdev;

	if (!card->port)
		return false;
	/* Under a PCIe port there is device 0 only; anything else is a bus of the old kind. */
	if (!pci_is_pcie(card->port) || card->port->subordinate != gpu->bus)
		return true;
	for (pdev = NULL; (pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, pdev));) {
		if (pdev->bus == gpu->bus && PCI_SLOT(pdev->devfn) != PCI_SLOT(gpu->devfn)) {
			pci_dev_put(pdev);
			return true;
		}
	}
	return false;
}

/* A slot that hot-plug of the kernel can switch off and on, not one that ACPI ejects from. */
static bool slot_has_power(const struct gpupt_hw_pci *card, struct pci_dev *gpu)
{
	u32 cap = 0;

	if (!card->port || !card->port->is_hotplug_bridge || !gpu->slot || !gpu->slot->hotplug)
		return false;
	pcie_capability_read_dword(card->port, PCI_EXP_SLTCAP, &cap);
	return cap != ~0U && (cap & PCI_EXP_SLTCAP_PCP);
}

void gpupt_hw_pci_facts(const struct gpupt_hw_pci *card, struct gpupt_facts *facts)
{
	struct pci_dev *gpu = card->fn[card->hw.gpu].pdev;

	*facts = (struct gpupt_facts){
		.flr = flr_offered(gpu),
		.port = card->port,
		.bus_reset_broken = (!card->fenced && bus_reset_broken(gpu)) ||
				    bus_reset_broken(card->port),
		.bus_shared = bus_is_shared(card, gpu),
		.slot_power = slot_has_power(card, gpu),
		.no_override = !gpupt_override_works(),
	};
}
