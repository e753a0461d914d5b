/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: A PCI bus with cards that are not there
 *
 * struct fake_bus is a host bridge of its own, with root ports and cards behind
 * them that exist as tables of registers. The kernel enumerates them as it does
 * real ones, so what needs a struct pci_dev is tested with the kernel's PCI core,
 * its driver core and its sysfs. Real time passes as it does; what hw_pci.c
 * sleeps is only added to the clock (fake_mmio.h).
 *
 * Between fake_bus_arm() and fake_bus_disarm() the fake checks after every
 * access what has to hold during a reset: nothing but all-ones was read from a
 * function that is written to; bus mastering is off from the first write to a
 * function to the end, and of every function that is reset; the IOMMU is not asked to
 * block a function that it blocks already, nor left to block one; a function that was
 * reset is left alone for as long as PCI Express asks; BAR0 is touched only while
 * it decodes, at the address that the kernel gave it, on a card that answers. At
 * the end config space is as before, whatever came of the reset.
 */
#ifndef FAKE_BUS_H
#define FAKE_BUS_H

#include <linux/types.h>

struct kunit;
struct pci_dev;

#define FAKE_BUS_SLOTS		2
#define FAKE_BUS_FUNCTIONS	4
#define FAKE_BUS_CONFIG		4096

/* Registers of the port that tests look at. */
#define FAKE_BUS_PORT_EXP	0x40
#define FAKE_BUS_PORT_AER	0x100

/**
 * enum fake_bus_level - what ends a fault of a card
 * @FAKE_BUS_NONE: there is none
 * @FAKE_BUS_FLR: any reset
 * @FAKE_BUS_SBR: a bus reset
 * @FAKE_BUS_POWER: nothing but power
 */
enum fake_bus_level {
	FAKE_BUS_NONE,
	FAKE_BUS_FLR,
	FAKE_BUS_SBR,
	FAKE_BUS_POWER,
};

/**
 * struct fake_bus_kind - a function
 * @vendor: vendor ID
 * @device: device ID, 0 for no function
 * @class: class code
 * @flr: it has function level reset
 */
struct fake_bus_kind {
	u16 vendor;
	u16 device;
	u32 class;
	bool flr;
};

/**
 * struct fake_bus_card - a kind of card
 * @fn: its functions
 * @boot0: PMC_BOOT_0
 * @canary: scratch register that a reset clears, 0 for none
 * @hda: function 1 shows itself while bit 25 of config 0x488 is set
 * @slot: its port has a slot that can be switched off and on
 * @acs: its port has ACS, switched on
 */
struct fake_bus_card {
	struct fake_bus_kind fn[FAKE_BUS_FUNCTIONS];
	u32 boot0;
	u32 canary;
	bool hda;
	bool slot;
	bool acs;
};

/* 3D controller, bus reset only */
extern const struct fake_bus_card fake_bus_p40;
/* VGA with audio, bus reset only */
extern const struct fake_bus_card fake_bus_gtx1080;
/* four functions, FLR */
extern const struct fake_bus_card fake_bus_rtx2080;
/* VGA with audio, FLR, a hot-plug port */
extern const struct fake_bus_card fake_bus_rtx3080;
/* an adapter that the kernel itself has a device-specific reset for */
extern const struct fake_bus_card fake_bus_t4;

/**
 * struct fake_bus_config - config space of a function
 * @now: as it reads
 * @reset: as it reads after a reset
 * @rw: bits that take what is written
 * @w1c: bits that a written 1 clears
 * @before: @now when the fake was armed
 * @present: it is there at all
 * @ready_at: time from which it answers
 * @untouchable_until: time until which nobody may touch it after a reset
 * @quiet: it was written to since the fake was armed
 * @seen_ones: the last read found all-ones
 * @stuck: BARs do not take what is written
 */
struct fake_bus_config {
	u8 now[FAKE_BUS_CONFIG];
	u8 reset[FAKE_BUS_CONFIG];
	u8 rw[FAKE_BUS_CONFIG];
	u8 w1c[FAKE_BUS_CONFIG];
	u8 before[FAKE_BUS_CONFIG];
	bool present;
	u64 ready_at;
	u64 untouchable_until;
	bool quiet;
	bool seen_ones;
	bool stuck;
};

/**
 * struct fake_bus_slot - a port and the card below it
 * @bus: the bus
 * @card: kind of card
 * @port: config space of the port
 * @fn: of the functions
 * @dead: every function reads all-ones until this
 * @bar0_dead: BAR0 reads all-ones until this
 * @sbr_none: the card takes no notice of a bus reset
 * @flr_none: nor of a function level reset
 * @ready_ms: time from a reset until config space answers
 * @lost_at: access of config space since the fake was armed, from 1, from which on
 *	the card reads all-ones, until a bus reset; 0 for none
 * @accesses: since the fake was armed
 * @meddle: called at each read of a function's config space: what somebody does at the
 *	same time; NULL for nobody
 * @was_dead: it was dead, or lost, since the fake was armed
 * @swapped: another card was put in: its device ID; 0 for none
 * @no_link: the port has none; the card is not touched by that
 * @pulled_in_reset: the next bus reset makes it @pulled
 * @pulled: nothing is in the slot, the port says; the card is not touched by that
 * @moved_decoding: writes that moved a BAR while it was decoded
 * @flr: function level resets seen
 * @sbr: bus resets seen
 * @hotplug_ignored: every one of them with the port's hot-plug events ignored
 * @canary: scratch register
 * @canary_kept: no reset clears it
 * @mapped: mappings of BAR0 that there are
 * @mapped_at: host address that the latest one began at
 * @iommu_blocks: functions that the IOMMU blocks, for a reset that is under way
 * @iommu_blocked_before: the same when the fake was armed
 * @iommu_blocked: times that it was asked to
 * @iommu_refuses: it cannot
 * @armed: rules are checked
 */
struct fake_bus_slot {
	struct fake_bus *bus;
	const struct fake_bus_card *card;
	struct fake_bus_config port;
	struct fake_bus_config fn[FAKE_BUS_FUNCTIONS];
	enum fake_bus_level dead;
	enum fake_bus_level bar0_dead;
	bool sbr_none;
	bool flr_none;
	unsigned int ready_ms;
	unsigned int lost_at;
	unsigned int accesses;
	void (*meddle)(struct pci_dev *pdev);
	bool was_dead;
	u16 swapped;
	bool no_link;
	bool pulled_in_reset;
	bool pulled;
	unsigned int moved_decoding;
	unsigned int flr;
	unsigned int sbr;
	bool hotplug_ignored;
	u32 canary;
	bool canary_kept;
	int mapped;
	u64 mapped_at;
	u8 iommu_blocks;
	u8 iommu_blocked_before;
	unsigned int iommu_blocked;
	bool iommu_refuses;
	bool armed;
};

/**
 * fake_bus_create() - a bus with cards, enumerated
 * @test: the case; fake_bus_destroy() belongs into its suite's exit function
 * @first: card below port 0
 * @second: card below port 1, NULL for none
 *
 * Context: the case's own thread; ends the case when that does not work.
 * Return: the bus, which is @test->priv as well.
 */
struct fake_bus *fake_bus_create(struct kunit *test, const struct fake_bus_card *first,
				 const struct fake_bus_card *second);

/**
 * fake_bus_destroy() - remove it
 * @test: the case; does nothing when it has made no bus
 */
void fake_bus_destroy(struct kunit *test);

/**
 * fake_bus_slot() - a slot of the case's bus
 * @test: the case
 * @index: number of the port
 *
 * Return: the slot.
 */
struct fake_bus_slot *fake_bus_slot(struct kunit *test, unsigned int index);

/**
 * fake_bus_function() - a function of a card
 * @slot: its slot
 * @fn: its number
 *
 * Return: the function, good for as long as it is on the bus; NULL when it is not.
 */
struct pci_dev *fake_bus_function(struct fake_bus_slot *slot, unsigned int fn);

/**
 * fake_bus_port() - the port above a card
 * @slot: the slot
 *
 * Return: the port.
 */
struct pci_dev *fake_bus_port(struct fake_bus_slot *slot);

/**
 * fake_bus_arm() - from now on the rules hold
 * @slot: slot of the card that is going to be reset
 */
void fake_bus_arm(struct fake_bus_slot *slot);

/**
 * fake_bus_disarm() - the reset is over: is everything as before?
 * @slot: the slot
 */
void fake_bus_disarm(struct fake_bus_slot *slot);

/**
 * fake_bus_is_alive() - does the card work, seen from inside?
 * @slot: the slot
 *
 * Return: true when every function answers as itself, and BAR0 does.
 */
bool fake_bus_is_alive(struct fake_bus_slot *slot);

/**
 * fake_bus_get() - a register, seen from inside
 * @config: the function
 * @pos: offset
 * @size: in bytes
 *
 * Return: its value.
 */
u32 fake_bus_get(const struct fake_bus_config *config, unsigned int pos, unsigned int size);

/**
 * fake_bus_put() - the same, set
 * @config: the function
 * @pos: offset
 * @size: in bytes
 * @val: new value
 */
void fake_bus_put(struct fake_bus_config *config, unsigned int pos, unsigned int size, u32 val);

#endif /* FAKE_BUS_H */
