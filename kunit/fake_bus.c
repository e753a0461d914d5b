// SPDX-License-Identifier: GPL-2.0
/* A PCI bus with cards that are not there; see fake_bus.h. */
#define FAKE_MMIO_IMPLEMENTATION
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_bus.h"
#include "fake_mmio.h"

#define ROOT_BUS		0x80
#define LAST_BUS		0x8f
#define WINDOW			SZ_256M
/* What the cards see the window at: 32-bit BARs need that. */
#define WINDOW_ON_BUS		0x80000000ULL

#define PM			0x60
#define EXP			0x78
#define REBAR			0x100
#define CHANNEL			0x180
#define PORT_PM			0x90
#define PORT_ACS		0x180
#define CONFIG_HDA		0x488
#define CONFIG_HDA_ON		0x02000000
#define GFW_PRIV_LEVEL		0x118128
#define GFW_PROGRESS		0x118234
#define PRI_ERROR_READ		0xbadf1100

/* PCIe r6.0, sec 6.6.1 and 6.6.2 */
#define SETTLE_MS		100

#define COMMAND_RW	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
			 PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)
#define STATUS_W1C	0xf900

/**
 * struct fake_bus - the bus
 * @test: the case that runs
 * @parent: device above the host bridge
 * @bridge: the host bridge
 * @window: memory of the host that BARs are in
 * @busn: its bus numbers
 * @slot: ports and cards
 * @broken_rules: so far
 * @sysdata: of x86
 */
struct fake_bus {
	struct kunit *test;
	struct device *parent;
	struct pci_host_bridge *bridge;
	struct resource window;
	struct resource busn;
	struct fake_bus_slot *slot[FAKE_BUS_SLOTS];
	unsigned int broken_rules;
#ifdef CONFIG_X86
	struct pci_sysdata sysdata;
#endif
};

const struct fake_bus_card fake_bus_p40 = {
	.fn = { { 0x10de, 0x1b38, 0x030200 } },
	.boot0 = 0x132000a1, .canary = 0x15bc, .acs = true,
};

const struct fake_bus_card fake_bus_gtx1080 = {
	.fn = { { 0x10de, 0x1b80, 0x030000 }, { 0x10de, 0x10f0, 0x040300 } },
	.boot0 = 0x134000a1, .canary = 0x15bc, .hda = true,
};

const struct fake_bus_card fake_bus_rtx2080 = {
	.fn = {
		{ 0x10de, 0x1e87, 0x030000, true }, { 0x10de, 0x10f8, 0x040300 },
		{ 0x10de, 0x1ad8, 0x0c0330 }, { 0x10de, 0x1ad9, 0x0c8000 },
	},
	.boot0 = 0x164000a1, .canary = 0x1458, .hda = true,
};

const struct fake_bus_card fake_bus_rtx3080 = {
	.fn = { { 0x10de, 0x2206, 0x030000, true }, { 0x10de, 0x1aef, 0x040300 } },
	.boot0 = 0xb72000a1, .canary = 0x1458, .hda = true, .slot = true,
};

const struct fake_bus_card fake_bus_t4 = {
	.fn = { { PCI_VENDOR_ID_CHELSIO, 0x4001, 0x020000, true } },
};

/* What was slept at once. */
static u64 skipped_ms;
static struct fake_bus *the_bus;

#define BROKEN(bus, fmt, ...)							\
	do {									\
		struct fake_bus *_bus = (bus);					\
										\
		if (_bus->broken_rules++ < 3)					\
			KUNIT_FAIL(_bus->test, fmt, ##__VA_ARGS__);		\
	} while (0)

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get()) + skipped_ms;
}

u32 fake_bus_get(const struct fake_bus_config *config, unsigned int pos, unsigned int size)
{
	u32 val = 0;

	memcpy(&val, config->now + pos, size);
	return le32_to_cpu((__force __le32)val);
}

void fake_bus_put(struct fake_bus_config *config, unsigned int pos, unsigned int size, u32 val)
{
	__le32 bytes = cpu_to_le32(val);

	memcpy(config->now + pos, &bytes, size);
}

/* --- what there is --- */

static void define(struct fake_bus_config *config, unsigned int pos, unsigned int size, u32 val,
		   u32 rw, u32 w1c)
{
	__le32 bytes = cpu_to_le32(val);

	memcpy(config->reset + pos, &bytes, size);
	bytes = cpu_to_le32(rw);
	memcpy(config->rw + pos, &bytes, size);
	bytes = cpu_to_le32(w1c);
	memcpy(config->w1c + pos, &bytes, size);
}

static void define_common(struct fake_bus_config *config, u32 id, u32 class, u8 header, u8 pm,
			  u8 exp)
{
	config->present = true;
	define(config, PCI_VENDOR_ID, 4, id, 0, 0);
	define(config, PCI_COMMAND, 2, 0, COMMAND_RW, 0);
	define(config, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0, STATUS_W1C);
	define(config, PCI_CLASS_REVISION, 4, class << 8 | 0xa1, 0, 0);
	define(config, PCI_CACHE_LINE_SIZE, 1, 0, 0xff, 0);
	define(config, PCI_HEADER_TYPE, 1, header, 0, 0);
	define(config, PCI_CAPABILITY_LIST, 1, pm, 0, 0);
	define(config, PCI_INTERRUPT_LINE, 1, 0, 0xff, 0);
	define(config, pm, 4, 0x00030000 | exp << 8 | PCI_CAP_ID_PM, 0, 0);
	define(config, pm + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK, 0);
	define(config, exp + PCI_EXP_DEVCTL, 2, 0x2810, 0x7fff, 0);
	define(config, exp + PCI_EXP_DEVSTA, 2, 0, 0, 0xf);
	define(config, exp + PCI_EXP_LNKCTL, 2, 0, 0x01fb, 0);
	define(config, exp + PCI_EXP_LNKSTA, 2, 0x0103, 0, 0);
}

static void define_bar(struct fake_bus_config *config, unsigned int bar, u64 size, u32 flags)
{
	u64 mask = ~(size - 1);

	define(config, PCI_BASE_ADDRESS_0 + 4 * bar, 4, flags, (u32)mask, 0);
	if (flags & PCI_BASE_ADDRESS_MEM_TYPE_64)
		define(config, PCI_BASE_ADDRESS_0 + 4 * (bar + 1), 4, 0, upper_32_bits(mask), 0);
}

static void define_function(struct fake_bus_config *config, const struct fake_bus_card *card,
			    unsigned int fn)
{
	const struct fake_bus_kind *kind = &card->fn[fn];
	bool gpu = kind->class >> 16 == PCI_BASE_CLASS_DISPLAY;

	define_common(config, (u32)kind->device << 16 | kind->vendor, kind->class,
		      card->fn[1].device ? 0x80 : 0, PM, EXP);
	define(config, EXP, 4, 0x00020000 | PCI_CAP_ID_EXP, 0, 0);
	define(config, EXP + PCI_EXP_DEVCAP, 4, 0x8001 | (kind->flr ? PCI_EXP_DEVCAP_FLR : 0),
	       0, 0);
	define(config, EXP + PCI_EXP_LNKCAP, 4, 0x0103, 0, 0);
	if (!gpu) {
		define_bar(config, 0, SZ_16K, 0);
		return;
	}
	define_bar(config, 0, SZ_16M, 0);
	define_bar(config, 1, SZ_64M, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	/* BAR 1 resizable, 64 and 128 MB */
	define(config, REBAR, 4, CHANNEL << 20 | 0x10000 | PCI_EXT_CAP_ID_REBAR, 0, 0);
	define(config, REBAR + PCI_REBAR_CAP, 4, 0xc00, 0, 0);
	define(config, REBAR + PCI_REBAR_CTRL, 4, 0x0621, PCI_REBAR_CTRL_BAR_SIZE, 0);
	/* one virtual channel without tables, as every dump of a card has it */
	define(config, CHANNEL, 4, 0x10000 | PCI_EXT_CAP_ID_VC, 0, 0);
	define(config, CHANNEL + PCI_VC_RES_CTRL, 4, 0x800000ff, 0xfe, 0);
	if (card->hda)
		define(config, CONFIG_HDA, 4, 0, CONFIG_HDA_ON, 0);
}

static void define_port(struct fake_bus_config *config, const struct fake_bus_card *card)
{
	const u8 exp = FAKE_BUS_PORT_EXP;
	u32 flags = PCI_EXP_TYPE_ROOT_PORT << 4 | 2;

	define_common(config, 0x34208086, 0x060400, 0x01, PORT_PM, exp);
	define(config, PCI_PRIMARY_BUS, 4, 0, 0xffffff, 0);
	define(config, PCI_SEC_STATUS, 2, 0, 0, STATUS_W1C);
	define(config, PCI_MEMORY_BASE, 4, 0, 0xfff0fff0, 0);
	define(config, PCI_PREF_MEMORY_BASE, 4, 0x00010001, 0xfff0fff0, 0);
	define(config, PCI_PREF_BASE_UPPER32, 4, 0, ~0U, 0);
	define(config, PCI_PREF_LIMIT_UPPER32, 4, 0, ~0U, 0);
	define(config, PCI_BRIDGE_CONTROL, 2, 0, 0x0fff, 0);
	if (card->slot)
		flags |= PCI_EXP_FLAGS_SLOT;
	define(config, exp, 4, flags << 16 | PCI_CAP_ID_EXP, 0, 0);
	define(config, exp + PCI_EXP_DEVCAP, 4, 0x8001, 0, 0);
	define(config, exp + PCI_EXP_LNKCAP, 4, PCI_EXP_LNKCAP_DLLLARC | 0x0103, 0, 0);
	define(config, exp + PCI_EXP_LNKCTL2, 2, 3, 0xffff, 0);
	if (card->slot) {
		define(config, exp + PCI_EXP_SLTCAP, 4, PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_PCP,
		       0, 0);
		define(config, exp + PCI_EXP_SLTCTL, 2, 0, 0x1fff, 0);
		define(config, exp + PCI_EXP_SLTSTA, 2, 0, 0, 0x011f);
	}
	define(config, FAKE_BUS_PORT_AER, 4, PORT_ACS << 20 | 0x10000 | PCI_EXT_CAP_ID_ERR, 0, 0);
	define(config, FAKE_BUS_PORT_AER + PCI_ERR_UNCOR_STATUS, 4, 0, 0, ~0U);
	define(config, FAKE_BUS_PORT_AER + PCI_ERR_UNCOR_MASK, 4, 0x00400000, ~0U, 0);
	define(config, FAKE_BUS_PORT_AER + PCI_ERR_UNCOR_SEVER, 4, 0x00462030, ~0U, 0);
	define(config, PORT_ACS, 4, 0x10000 | PCI_EXT_CAP_ID_ACS, 0, 0);
	define(config, PORT_ACS + PCI_ACS_CAP, 2, 0x1d, 0, 0);
	define(config, PORT_ACS + PCI_ACS_CTRL, 2, card->acs ? 0x1d : 0, 0x1d, 0);
}

/* --- how it behaves --- */

static bool in_bus_reset(const struct fake_bus_slot *slot)
{
	return fake_bus_get(&slot->port, PCI_BRIDGE_CONTROL, 2) & PCI_BRIDGE_CTL_BUS_RESET;
}

static bool answers(struct fake_bus_slot *slot, unsigned int fn)
{
	if (!slot->fn[fn].present || slot->dead || (in_bus_reset(slot) && !slot->sbr_none))
		return false;
	if (fn == 1 && slot->card->hda &&
	    !(fake_bus_get(&slot->fn[0], CONFIG_HDA, 4) & CONFIG_HDA_ON))
		return false;
	return now_ms() >= slot->fn[fn].ready_at;
}

static void reset_function(struct fake_bus_slot *slot, unsigned int fn, enum fake_bus_level level)
{
	struct fake_bus_config *config = &slot->fn[fn];

	if (!config->present)
		return;
	config->seen_ones = false;
	config->untouchable_until = now_ms() + SETTLE_MS;
	config->ready_at = now_ms() + slot->ready_ms;
	if (slot->dead > level)
		return;
	memcpy(config->now, config->reset, sizeof(config->now));
	if (fn)
		return;
	if (!slot->canary_kept)
		slot->canary = 0;
	if (slot->bar0_dead <= level)
		slot->bar0_dead = FAKE_BUS_NONE;
	if (slot->swapped)
		fake_bus_put(config, PCI_DEVICE_ID, 2, slot->swapped);
}

static void check_mastering(struct fake_bus_slot *slot, unsigned int fn, const char *what)
{
	if (slot->armed && answers(slot, fn) &&
	    fake_bus_get(&slot->fn[fn], PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
		BROKEN(slot->bus, "%s with bus mastering of function %u on", what, fn);
}

static void take_flr(struct fake_bus_slot *slot, unsigned int fn)
{
	check_mastering(slot, fn, "FLR");
	if (slot->flr_none)
		return;
	slot->flr++;
	reset_function(slot, fn, FAKE_BUS_FLR);
	if (slot->dead == FAKE_BUS_FLR)
		slot->dead = FAKE_BUS_NONE;
}

static void begin_bus_reset(struct fake_bus_slot *slot)
{
	struct pci_dev *port = fake_bus_port(slot);
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		check_mastering(slot, fn, "bus reset");
	slot->hotplug_ignored &= port && port->ignore_hotplug;
}

static void end_bus_reset(struct fake_bus_slot *slot)
{
	unsigned int fn;

	if (slot->sbr_none)
		return;
	slot->sbr++;
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		reset_function(slot, fn, FAKE_BUS_SBR);
	if (slot->dead <= FAKE_BUS_SBR)
		slot->dead = FAKE_BUS_NONE;
	/* What the link does to a port that counts it. */
	if (slot->card->slot)
		fake_bus_put(&slot->port, FAKE_BUS_PORT_EXP + PCI_EXP_SLTSTA, 2,
			     PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PDC);
	slot->pulled |= slot->pulled_in_reset;
	fake_bus_put(&slot->port, FAKE_BUS_PORT_AER + PCI_ERR_UNCOR_STATUS, 4,
		     fake_bus_get(&slot->port, FAKE_BUS_PORT_AER + PCI_ERR_UNCOR_STATUS, 4) |
		     PCI_ERR_UNC_SURPDN);
}

static void store(struct fake_bus_config *config, unsigned int pos, unsigned int size, u32 val)
{
	unsigned int i;

	for (i = pos; i < pos + size; i++, val >>= 8) {
		if (config->stuck && i >= PCI_BASE_ADDRESS_0 && i < PCI_BASE_ADDRESS_0 + 24)
			continue;
		config->now[i] = (config->now[i] & ~config->rw[i]) | (val & config->rw[i]);
		config->now[i] &= ~(val & config->w1c[i]);
	}
}

/* --- accesses --- */

/* Return: slot that an address is of; @fn is -1 for the port. */
static struct fake_bus_slot *find(struct fake_bus *bus, u8 number, unsigned int devfn, int *fn)
{
	unsigned int i;

	for (i = 0; i < FAKE_BUS_SLOTS; i++) {
		struct fake_bus_slot *slot = bus->slot[i];

		if (!slot)
			continue;
		*fn = -1;
		if (number == ROOT_BUS && devfn == PCI_DEVFN(i, 0))
			return slot;
		*fn = PCI_FUNC(devfn);
		if (number != ROOT_BUS && number == slot->port.now[PCI_SECONDARY_BUS] &&
		    !PCI_SLOT(devfn) && *fn < FAKE_BUS_FUNCTIONS)
			return slot;
	}
	return NULL;
}

static void note_access(struct fake_bus_slot *slot, unsigned int fn)
{
	if (!slot->armed)
		return;
	if (++slot->accesses == slot->lost_at)
		slot->dead = FAKE_BUS_SBR;
	slot->was_dead |= slot->dead;
	if (slot->fn[fn].present && now_ms() < slot->fn[fn].untouchable_until)
		BROKEN(slot->bus, "function %u touched too early after a reset", fn);
}

static int bus_read(struct pci_bus *pci_bus, unsigned int devfn, int pos, int size, u32 *val)
{
	struct fake_bus_slot *slot;
	int fn;

	*val = ~0U;
	slot = find(the_bus, pci_bus->number, devfn, &fn);
	if (!slot)
		return PCIBIOS_SUCCESSFUL;
	if (fn < 0) {
		*val = fake_bus_get(&slot->port, pos, size);
		if (pos == FAKE_BUS_PORT_EXP + PCI_EXP_LNKSTA && !in_bus_reset(slot) &&
		    !slot->no_link)
			*val |= PCI_EXP_LNKSTA_DLLLA;
		if (pos == FAKE_BUS_PORT_EXP + PCI_EXP_SLTSTA && slot->card->slot && !slot->pulled)
			*val |= PCI_EXP_SLTSTA_PDS;
		return PCIBIOS_SUCCESSFUL;
	}
	note_access(slot, fn);
	if (slot->meddle)
		slot->meddle(fake_bus_function(slot, fn));
	slot->fn[fn].seen_ones = !answers(slot, fn);
	if (!slot->fn[fn].seen_ones)
		*val = fake_bus_get(&slot->fn[fn], pos, size);
	return PCIBIOS_SUCCESSFUL;
}

static void write_port(struct fake_bus_slot *slot, unsigned int pos, unsigned int size, u32 val)
{
	bool was = in_bus_reset(slot);

	store(&slot->port, pos, size, val);
	if (pos == FAKE_BUS_PORT_EXP + PCI_EXP_LNKCTL)
		slot->port.now[pos] &= ~PCI_EXP_LNKCTL_RL;
	if (!was && in_bus_reset(slot))
		begin_bus_reset(slot);
	else if (was && !in_bus_reset(slot))
		end_bus_reset(slot);
}

/* pci_restore_state() of the kernel writes whole dwords, to whatever reads as all-ones too. */
static bool is_engines(unsigned int pos, unsigned int size, u32 val)
{
	return (pos == PCI_COMMAND && size == 2) || pos == CONFIG_HDA ||
	       (pos == EXP + PCI_EXP_DEVCTL && (val & PCI_EXP_DEVCTL_BCR_FLR));
}

static void write_function(struct fake_bus_slot *slot, unsigned int fn, unsigned int pos,
			   unsigned int size, u32 val)
{
	struct fake_bus_config *config = &slot->fn[fn];
	u8 bars[24];

	note_access(slot, fn);
	if (slot->armed && config->seen_ones && is_engines(pos, size, val))
		BROKEN(slot->bus, "function %u written at %x after it read all-ones", fn, pos);
	if (!answers(slot, fn))
		return;
	memcpy(bars, config->now + PCI_BASE_ADDRESS_0, sizeof(bars));
	store(config, pos, size, val);
	if (memcmp(bars, config->now + PCI_BASE_ADDRESS_0, sizeof(bars)) &&
	    fake_bus_get(config, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)
		slot->moved_decoding++;
	config->quiet |= slot->armed;
	if (slot->armed && config->quiet &&
	    fake_bus_get(config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
		BROKEN(slot->bus, "bus mastering of function %u on after a write at %x", fn, pos);
	if (pos == EXP + PCI_EXP_DEVCTL && (val & PCI_EXP_DEVCTL_BCR_FLR) &&
	    slot->card->fn[fn].flr)
		take_flr(slot, fn);
}

static int bus_write(struct pci_bus *pci_bus, unsigned int devfn, int pos, int size, u32 val)
{
	struct fake_bus_slot *slot;
	int fn;

	slot = find(the_bus, pci_bus->number, devfn, &fn);
	if (slot && fn < 0)
		write_port(slot, pos, size, val);
	else if (slot)
		write_function(slot, fn, pos, size, val);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops bus_ops = { .read = bus_read, .write = bus_write };

/* --- BAR0 and the clock of hw_pci.c --- */

/* A mapping is the number of its slot, far above any register. */
#define COOKIE(i)	(0x40000000UL * ((i) + 1))

void __iomem *fake_ioremap(phys_addr_t start, size_t len)
{
	unsigned int i;

	for (i = 0; i < FAKE_BUS_SLOTS; i++) {
		struct fake_bus_slot *slot = the_bus->slot[i];
		struct pci_dev *gpu = slot ? fake_bus_function(slot, 0) : NULL;

		if (!gpu || start != pci_resource_start(gpu, 0))
			continue;
		if (len > pci_resource_len(gpu, 0))
			BROKEN(the_bus, "more than BAR0 mapped");
		slot->mapped++;
		slot->mapped_at = start;
		return (void __iomem *)COOKIE(i);
	}
	BROKEN(the_bus, "%llx mapped, where there is no BAR0", (u64)start);
	return NULL;
}

static struct fake_bus_slot *slot_of(const void __iomem *addr)
{
	return the_bus->slot[(unsigned long)addr / COOKIE(0) - 1];
}

void fake_iounmap(void __iomem *addr)
{
	slot_of(addr)->mapped--;
}

static bool bar0_decodes(struct fake_bus_slot *slot)
{
	u64 bar = fake_bus_get(&slot->fn[0], PCI_BASE_ADDRESS_0, 4) & PCI_BASE_ADDRESS_MEM_MASK;

	if (!slot->mapped)
		BROKEN(slot->bus, "BAR0 touched while it is not mapped");
	if (!answers(slot, 0)) {
		if (slot->armed && !slot->lost_at)
			BROKEN(slot->bus, "BAR0 of a card that does not answer");
		return false;
	}
	if (!(fake_bus_get(&slot->fn[0], PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)) {
		BROKEN(slot->bus, "BAR0 without memory decoding");
		return false;
	}
	if (bar - WINDOW_ON_BUS + slot->bus->window.start != slot->mapped_at) {
		BROKEN(slot->bus, "BAR0 is mapped elsewhere");
		return false;
	}
	return !slot->bar0_dead;
}

u32 fake_ioread32(const void __iomem *addr)
{
	struct fake_bus_slot *slot = slot_of(addr);
	unsigned long reg = (unsigned long)addr % COOKIE(0);

	if (!bar0_decodes(slot))
		return ~0U;
	if (slot->card->canary && reg == slot->card->canary)
		return slot->canary;
	switch (reg) {
	case 0:
		return slot->card->boot0;
	case GFW_PRIV_LEVEL:
		return 1;
	case GFW_PROGRESS:
		return 0xff;
	case 0x1fa828:
		return 0;
	}
	return PRI_ERROR_READ;
}

void fake_iowrite32(u32 val, void __iomem *addr)
{
	struct fake_bus_slot *slot = slot_of(addr);

	if (!slot->card->canary || (unsigned long)addr % COOKIE(0) != slot->card->canary)
		BROKEN(slot->bus, "register %lx written", (unsigned long)addr % COOKIE(0));
	else if (bar0_decodes(slot))
		slot->canary = val;
}

ktime_t fake_ktime_get(void)
{
	return ktime_add_ms(ktime_get(), skipped_ms);
}

void fake_fsleep(unsigned long us)
{
	skipped_ms += DIV_ROUND_UP(us, USEC_PER_MSEC);
	cond_resched();
}

/* Like iommu.c of 7.0, but per function instead of per group: a second prepare is -EBUSY. */
int fake_iommu_prepare(struct pci_dev *pdev)
{
	u8 bit = BIT(PCI_FUNC(pdev->devfn));
	struct fake_bus_slot *slot;
	int fn;

	slot = find(the_bus, pdev->bus->number, pdev->devfn, &fn);
	if (slot->iommu_refuses)
		return -EINVAL;
	slot->iommu_blocked++;
	if (slot->iommu_blocks & bit) {
		BROKEN(slot->bus, "the IOMMU blocks function %d already", fn);
		return -EBUSY;
	}
	slot->iommu_blocks |= bit;
	return 0;
}

void fake_iommu_done(struct pci_dev *pdev)
{
	u8 bit = BIT(PCI_FUNC(pdev->devfn));
	struct fake_bus_slot *slot;
	int fn;

	slot = find(the_bus, pdev->bus->number, pdev->devfn, &fn);
	if (!(slot->iommu_blocks & bit))
		BROKEN(slot->bus, "the IOMMU does not block function %d", fn);
	slot->iommu_blocks &= ~bit;
}

/* --- for the tests --- */

struct fake_bus_slot *fake_bus_slot(struct kunit *test, unsigned int index)
{
	struct fake_bus *bus = test->priv;

	return bus->slot[index];
}

static struct pci_dev *get(struct fake_bus_slot *slot, u8 number, unsigned int devfn)
{
	struct pci_dev *pdev = pci_get_domain_bus_and_slot(pci_domain_nr(slot->bus->bridge->bus),
							   number, devfn);

	pci_dev_put(pdev);
	return pdev;
}

struct pci_dev *fake_bus_port(struct fake_bus_slot *slot)
{
	return get(slot, ROOT_BUS, PCI_DEVFN(slot == slot->bus->slot[1], 0));
}

struct pci_dev *fake_bus_function(struct fake_bus_slot *slot, unsigned int fn)
{
	return get(slot, slot->port.now[PCI_SECONDARY_BUS], PCI_DEVFN(0, fn));
}

static void arm(struct fake_bus_config *config)
{
	memcpy(config->before, config->now, sizeof(config->before));
	config->quiet = false;
	config->seen_ones = false;
	config->untouchable_until = 0;
}

void fake_bus_arm(struct fake_bus_slot *slot)
{
	unsigned int fn;

	arm(&slot->port);
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		arm(&slot->fn[fn]);
	slot->accesses = 0;
	slot->was_dead = slot->dead;
	slot->flr = 0;
	slot->sbr = 0;
	slot->hotplug_ignored = true;
	slot->iommu_blocked = 0;
	slot->iommu_blocked_before = slot->iommu_blocks;
	slot->bus->broken_rules = 0;
	slot->armed = true;
}

/*
 * Bits that can be written, but for bus mastering, are as before. Nobody knows what
 * COMMAND of a function was that was dead.
 */
static void compare(struct fake_bus *bus, const struct fake_bus_config *config, int fn,
		    bool was_dead)
{
	unsigned int i;

	for (i = 0; i < FAKE_BUS_CONFIG; i++) {
		u8 mask = config->rw[i];

		if (i == PCI_COMMAND && fn >= 0)
			mask &= ~PCI_COMMAND_MASTER;
		if (was_dead && (i == PCI_COMMAND || i == PCI_COMMAND + 1))
			continue;
		if ((config->now[i] ^ config->before[i]) & mask)
			BROKEN(bus, "function %d: %x is %02x afterwards, was %02x", fn, i,
			       config->now[i], config->before[i]);
	}
}

void fake_bus_disarm(struct fake_bus_slot *slot)
{
	unsigned int fn;

	slot->armed = false;
	if (slot->mapped)
		BROKEN(slot->bus, "BAR0 is still mapped");
	if (slot->iommu_blocks != slot->iommu_blocked_before)
		BROKEN(slot->bus, "the IOMMU blocks functions %#x, before %#x", slot->iommu_blocks,
		       slot->iommu_blocked_before);
	compare(slot->bus, &slot->port, -1, false);
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		if (answers(slot, fn) && !slot->swapped && !slot->fn[fn].stuck)
			compare(slot->bus, &slot->fn[fn], fn, slot->was_dead);
}

bool fake_bus_is_alive(struct fake_bus_slot *slot)
{
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		if (slot->fn[fn].present && !answers(slot, fn))
			return false;
	return !slot->bar0_dead && !slot->swapped && !slot->canary;
}

/* --- it comes and goes --- */

static void insert(struct fake_bus *bus, unsigned int i, const struct fake_bus_card *card)
{
	struct fake_bus_slot *slot = kunit_kzalloc(bus->test, sizeof(*slot), GFP_KERNEL);
	unsigned int fn;

	KUNIT_ASSERT_NOT_NULL(bus->test, slot);
	slot->bus = bus;
	slot->card = card;
	define_port(&slot->port, card);
	memcpy(slot->port.now, slot->port.reset, FAKE_BUS_CONFIG);
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		if (!card->fn[fn].device)
			continue;
		define_function(&slot->fn[fn], card, fn);
		memcpy(slot->fn[fn].now, slot->fn[fn].reset, FAKE_BUS_CONFIG);
	}
	bus->slot[i] = slot;
}

static int probe(struct fake_bus *bus)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);
	int ret;

	if (!bridge)
		return -ENOMEM;
	bus->busn = (struct resource){
		.start = ROOT_BUS, .end = LAST_BUS, .flags = IORESOURCE_BUS,
	};
	bridge->dev.parent = bus->parent;
	bridge->busnr = ROOT_BUS;
	bridge->ops = &bus_ops;
#ifdef CONFIG_X86
	/* above 16 bits, as VMD: no unit of an IOMMU matches, and no real bus is there */
	bus->sysdata.domain = 0x10000;
	bus->sysdata.node = NUMA_NO_NODE;
	bridge->sysdata = &bus->sysdata;
#endif
	pci_add_resource(&bridge->windows, &bus->busn);
	pci_add_resource_offset(&bridge->windows, &bus->window,
				bus->window.start - WINDOW_ON_BUS);
	ret = pci_host_probe(bridge);
	if (ret)
		pci_free_host_bridge(bridge);
	else
		bus->bridge = bridge;
	return ret;
}

/*
 * The kernel lets companions of a GPU sleep. What it saves of and writes to those is not what
 * the tests are about, and it gives up on one that is dead when it is to wake.
 */
static void keep_awake(struct fake_bus_slot *slot)
{
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		if (slot->fn[fn].present)
			pm_runtime_forbid(&fake_bus_function(slot, fn)->dev);
}

struct fake_bus *fake_bus_create(struct kunit *test, const struct fake_bus_card *first,
				 const struct fake_bus_card *second)
{
	struct fake_bus *bus = kunit_kzalloc(test, sizeof(*bus), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bus);
	bus->test = test;
	insert(bus, 0, first);
	if (second)
		insert(bus, 1, second);
	test->priv = bus;
	the_bus = bus;

	/* without an owner: on 6.1 suites run before the module has its directory */
	bus->parent = __root_device_register("gpupt_fake_bus", NULL);
	if (IS_ERR(bus->parent))
		bus->parent = NULL;
	KUNIT_ASSERT_NOT_NULL(test, bus->parent);
	bus->window.name = "gpupt_fake_bus";
	bus->window.flags = IORESOURCE_MEM;
	KUNIT_ASSERT_EQ(test, 0,
			allocate_resource(&iomem_resource, &bus->window, WINDOW, SZ_4G,
					  iomem_resource.end, WINDOW, NULL, NULL));
	KUNIT_ASSERT_EQ(test, probe(bus), 0);
	KUNIT_ASSERT_NOT_NULL(test, fake_bus_function(bus->slot[0], 0));
	keep_awake(bus->slot[0]);
	if (second)
		keep_awake(bus->slot[1]);
	return bus;
}

void fake_bus_destroy(struct kunit *test)
{
	struct fake_bus *bus = test->priv;

	if (!bus)
		return;
	if (bus->bridge) {
		struct pci_bus *root = bus->bridge->bus;

		pci_lock_rescan_remove();
		pci_stop_root_bus(root);
		pci_remove_root_bus(root);
		pci_unlock_rescan_remove();
		pci_free_host_bridge(bus->bridge);
	}
	if (bus->window.parent)
		release_resource(&bus->window);
	if (bus->parent)
		root_device_unregister(bus->parent);
	test->priv = NULL;
	the_bus = NULL;
}
