// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots of config space, and the kernel's own saved state.
 *
 * struct pci_saved_state is opaque, but pdev->saved_config_space, from which it
 * is made and to which it is loaded, is not: its first 16 dwords are looked at
 * and mended there.
 */
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/log.h"
#include "gpupt/snapshot.h"

/*
 * Buffer of the kernel for one capability: struct pci_cap_saved_state of drivers/pci/pci.h,
 * the same from 6.1 to 7.3.
 */
struct saved_cap {
	struct hlist_node next;
	u16 id;
	bool extended;
	unsigned int size;
	u32 data[];
};

/*
 * The most that a Virtual Channel capability can have to be saved, in bytes: Port VC Control,
 * arbitration of 8 channels in 128 phases of 4 bits, and of each its control and arbitration
 * of ports in 256 phases of 8 bits (PCIe r6.0, sec 7.9.1).
 */
#define CHANNEL_MAX	(4 + 8 * 128 * 4 / 8 + 8 * (4 + 256 * 8 / 8))

static const u16 channel_caps[GPUPT_CHANNEL_CAPS] = {
	PCI_EXT_CAP_ID_VC, PCI_EXT_CAP_ID_MFVC, PCI_EXT_CAP_ID_VC9,
};

#define HEADER_DWORDS	16
/* A 16-bit register of a function that does not answer. */
#define GONE		0xffff

u32 gpupt_function_id(const struct pci_dev *pdev)
{
	return (u32)pdev->device << 16 | pdev->vendor;
}

static bool bar_is_assigned(const struct resource *res)
{
	return res->parent && (res->flags & (IORESOURCE_MEM | IORESOURCE_IO)) &&
	       !(res->flags & IORESOURCE_UNSET);
}

unsigned long gpupt_bar_kind(const struct pci_dev *pdev, unsigned int bar)
{
	const struct resource *res = &pdev->resource[bar];

	return bar_is_assigned(res) ? res->flags & (IORESOURCE_IO | IORESOURCE_MEM |
						    IORESOURCE_PREFETCH | IORESOURCE_MEM_64) : 0;
}

/* Address bits that BAR @bar, and for 64-bit BARs the next one, should hold. */
static void bar_address(struct pci_dev *pdev, int bar, u32 *low, u32 *high, u32 *mask)
{
	struct pci_bus_region region;

	pcibios_resource_to_bus(pdev->bus, &region, &pdev->resource[bar]);
	*mask = pdev->resource[bar].flags & IORESOURCE_IO ?
		(u32)PCI_BASE_ADDRESS_IO_MASK : (u32)PCI_BASE_ADDRESS_MEM_MASK;
	*low = lower_32_bits(region.start) & *mask;
	*high = upper_32_bits(region.start);
}

/* Are the BARs in the header @dword the ones that the kernel assigned? */
static bool bars_match(struct pci_dev *pdev, const u32 *dword)
{
	const u32 *base = dword + PCI_BASE_ADDRESS_0 / 4;
	u32 low, high, mask;
	int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		const struct resource *res = &pdev->resource[bar];

		if (!bar_is_assigned(res))
			continue;
		bar_address(pdev, bar, &low, &high, &mask);
		if ((base[bar] & mask) != low)
			return false;
		if ((res->flags & IORESOURCE_MEM_64) && base[bar + 1] != high)
			return false;
	}
	return true;
}

static bool header_is_alive(struct pci_dev *pdev, const u32 *dword)
{
	return dword[0] == gpupt_function_id(pdev) && bars_match(pdev, dword);
}

static void read_header(struct pci_dev *pdev, u32 *dword)
{
	int i;

	for (i = 0; i < HEADER_DWORDS; i++)
		pci_read_config_dword(pdev, i * 4, &dword[i]);
}

/* Decoding that pci_enable_device() turned on and every restore has to keep. */
static u16 enabled_decoding(struct pci_dev *pdev)
{
	u16 command = 0;
	int bar;

	if (!pci_is_enabled(pdev))
		return 0;
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!bar_is_assigned(&pdev->resource[bar]))
			continue;
		if (pdev->resource[bar].flags & IORESOURCE_MEM)
			command |= PCI_COMMAND_MEMORY;
		if (pdev->resource[bar].flags & IORESOURCE_IO)
			command |= PCI_COMMAND_IO;
	}
	return command;
}

static void mend_saved_command(struct pci_dev *pdev)
{
	u32 *dword = &pdev->saved_config_space[PCI_COMMAND / 4];
	u16 command = *dword;

	command &= ~PCI_COMMAND_MASTER;
	command |= enabled_decoding(pdev);
	/* The upper half is the Status register, whose set bits clear themselves when written. */
	*dword = command;
}

static void write_bars(struct pci_dev *pdev)
{
	u32 low, high, mask;
	u16 command;
	int bar;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	/* It has gone since its ID was read. */
	if (command == GONE)
		return;
	pci_write_config_word(pdev, PCI_COMMAND,
			      command & ~(PCI_COMMAND_MEMORY | PCI_COMMAND_IO));
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!bar_is_assigned(&pdev->resource[bar]))
			continue;
		bar_address(pdev, bar, &low, &high, &mask);
		pci_write_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * bar, low);
		if (pdev->resource[bar].flags & IORESOURCE_MEM_64)
			pci_write_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * (bar + 1), high);
	}
	pci_write_config_word(pdev, PCI_COMMAND, command);
}

/*
 * Has the kernel save the state of a function. Return: false when it went while it was
 * read, which may be after its header and before its capabilities.
 */
static bool save_state(struct pci_dev *pdev)
{
	u32 id = ~0U;

	pci_save_state(pdev);
	pci_read_config_dword(pdev, PCI_VENDOR_ID, &id);
	return id == gpupt_function_id(pdev) && pdev->saved_config_space[0] == id;
}

/*
 * A copy of what the kernel saved. It makes none while state_saved is not set, which
 * vfio-pci clears at any moment: it restores a function that is closed without its
 * device lock (vfio_pci_core_disable()).
 */
static struct pci_saved_state *store_state(struct pci_dev *pdev)
{
	struct pci_saved_state *image;

	do {
		pdev->state_saved = true;
		image = pci_store_saved_state(pdev);
	} while (!image && !pdev->state_saved);
	return image;
}

bool gpupt_snapshot_bars_match(struct pci_dev *pdev)
{
	u32 dword[HEADER_DWORDS];

	read_header(pdev, dword);
	return bars_match(pdev, dword);
}

int gpupt_snapshot_take(struct gpupt_snapshot *snapshot, struct pci_dev *pdev)
{
	struct gpupt_core_state core;
	struct pci_saved_state *image;
	u32 dword[HEADER_DWORDS];
	int ret;

	device_lock_assert(&pdev->dev);

	read_header(pdev, dword);
	if (dword[0] != gpupt_function_id(pdev))
		return -ENODEV;
	if (!bars_match(pdev, dword))
		return -EIO;

	ret = gpupt_core_state_push(&core, pdev);
	if (ret)
		return ret;
	if (save_state(pdev) && header_is_alive(pdev, pdev->saved_config_space)) {
		image = store_state(pdev);
		ret = image ? 0 : -ENOMEM;
	} else {
		image = NULL;
		ret = -ENODEV;
	}
	gpupt_core_state_pop(&core, pdev);
	if (ret)
		return ret;

	kfree(snapshot->image);
	snapshot->image = image;
	return 0;
}

int gpupt_snapshot_apply(const struct gpupt_snapshot *snapshot, struct pci_dev *pdev)
{
	u32 dword[HEADER_DWORDS];

	device_lock_assert(&pdev->dev);

	/* A function that was dead when it was to be woken is in D3cold to the kernel. */
	if (pdev->current_state != PCI_D0)
		pci_set_power_state(pdev, PCI_D0);

	/*
	 * Without an image the fresh state of the function is written back, which
	 * gives it the sizes of resizable BARs that the kernel knows.
	 */
	if ((!snapshot->image || pci_load_saved_state(pdev, snapshot->image)) && !save_state(pdev))
		return -EIO;
	mend_saved_command(pdev);
	pci_restore_state(pdev);

	read_header(pdev, dword);
	if (header_is_alive(pdev, dword))
		return 0;
	if (dword[0] != gpupt_function_id(pdev))
		return -EIO;
	write_bars(pdev);
	read_header(pdev, dword);
	return header_is_alive(pdev, dword) ? 0 : -EIO;
}

void gpupt_snapshot_free(struct gpupt_snapshot *snapshot)
{
	kfree(snapshot->image);
	snapshot->image = NULL;
}

static struct saved_cap *find_saved_cap(struct pci_dev *pdev, u16 id)
{
	struct saved_cap *cap;

	hlist_for_each_entry(cap, &pdev->saved_cap_space, next)
		if (cap->extended && cap->id == id)
			return cap;
	return NULL;
}

int gpupt_core_state_widen(struct gpupt_outgrown *outgrown, struct pci_dev *pdev)
{
	unsigned int i;

	for (i = 0; i < GPUPT_CHANNEL_CAPS; i++) {
		struct saved_cap *old = find_saved_cap(pdev, channel_caps[i]);
		struct saved_cap *wide;

		if (!old || ksize(old) >= sizeof(*old) + CHANNEL_MAX)
			continue;
		if (old->size > ksize(old) - sizeof(*old)) {
			gpupt_warn(pdev, "this kernel keeps its saved state in an unknown way\n");
			continue;
		}
		wide = kzalloc(sizeof(*wide) + CHANNEL_MAX, GFP_KERNEL);
		if (!wide)
			return -ENOMEM;
		memcpy(wide, old, sizeof(*old) + old->size);
		hlist_replace_rcu(&old->next, &wide->next);
		outgrown->cap[i] = old;
	}
	return 0;
}

void gpupt_core_state_forget(struct gpupt_outgrown *outgrown)
{
	unsigned int i;

	for (i = 0; i < GPUPT_CHANNEL_CAPS; i++)
		kfree(outgrown->cap[i]);
}

/*
 * Unlike on 6.1, pci_restore_state() of 6.12.117 and 7.3 restores whether or not
 * state_saved is set, so the buffers are copied also when it is not.
 */
int gpupt_core_state_push(struct gpupt_core_state *core, struct pci_dev *pdev)
{
	device_lock_assert(&pdev->dev);

	core->saved = pdev->state_saved;
	core->image = store_state(pdev);
	pdev->state_saved = core->saved;
	return core->image ? 0 : -ENOMEM;
}

void gpupt_core_state_pop(struct gpupt_core_state *core, struct pci_dev *pdev)
{
	device_lock_assert(&pdev->dev);

	if (!core->image)
		return;
	if (pci_load_and_free_saved_state(pdev, &core->image))
		gpupt_warn(pdev, "saved state of the kernel could not be put back\n");
	pdev->state_saved = core->saved;
}

void gpupt_core_state_mend(struct pci_dev *pdev, const struct gpupt_snapshot *snapshot,
			   bool was_dead)
{
	bool sane;

	device_lock_assert(&pdev->dev);

	sane = header_is_alive(pdev, pdev->saved_config_space);
	if (sane && !was_dead)
		return;
	if (!sane) {
		/* Without an image the live function itself is the best there is. */
		if (!snapshot->image || pci_load_saved_state(pdev, snapshot->image))
			pci_save_state(pdev);
		gpupt_dbg(pdev, "state saved from a dead function replaced\n");
	}
	mend_saved_command(pdev);
	pdev->state_saved = true;
}
