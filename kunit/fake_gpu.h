/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: A card that records how it is touched
 *
 * struct fake_gpu implements struct gpupt_hw_ops over tables of registers and
 * a clock that only sleep_ms() moves, so no test ever sleeps. It fails in the
 * ways hung cards do, and it checks the engine's rules after every access: a
 * broken rule fails the case that was running.
 *
 * The rules: bus mastering is off from the first write to a function to the
 * end; a function last seen all-ones is written nothing but a reset, and one
 * that was last seen as another device nothing at all; after a reset, config
 * space and BAR0 are left alone for as long as PCI Express asks; BAR0 is touched
 * only while it decodes, at the address the kernel gave it, on a card that has a
 * link, was seen as itself since its last reset, and has no firewall up; no
 * register of BAR0 or of extended config space is touched that this card does
 * not have, and none is written but the scratch register; the other functions
 * and the port are touched only while they are held; what was read as all-ones
 * from the port is not written back; no sleeping beyond the budget and
 * FAKE_OVERRUN_MS.
 */
#ifndef FAKE_GPU_H
#define FAKE_GPU_H

#include <linux/bits.h>
#include <linux/types.h>

#include "gpupt/hw.h"
#include "gpupt/model.h"
#include "gpupt/reset.h"
#include "gpupt/verify.h"

struct kunit;

/* What a reset may take, all rungs together, unless a case says otherwise. */
#define FAKE_BUDGET_MS		60000

/*
 * A rung that begins within the budget waits for its link beyond it: 2.1 s at
 * full speed, and one for each lower speed of a 32 GT/s port. The last one waits a minute
 * for a card in Configuration RRS.
 */
#define FAKE_OVERRUN_MS		66500

/* What a card whose signs were seen before has shown, and the number that it is marked with. */
#define FAKE_TRUSTED		(GPUPT_SIGN_BOOT | GPUPT_SIGN_WPR2 | GPUPT_SIGN_MARK | \
				 GPUPT_SHOWN_PROMPT)
#define FAKE_MARK		0x4d41524b

/* Never, for times, and power, for what revives a card. */
#define FAKE_NEVER		(~0ULL)

/**
 * enum fake_level - the weakest reset that has an effect; a stronger one has it too
 * @FAKE_FLR: function level reset
 * @FAKE_SBR: secondary bus reset
 * @FAKE_POWER: nothing the engine can do
 */
enum fake_level {
	FAKE_FLR,
	FAKE_SBR,
	FAKE_POWER,
};

/**
 * enum fake_hang - how a card is hung
 * @FAKE_ALIVE: not at all
 * @FAKE_HANG_CONFIG: every read of every function is all-ones
 * @FAKE_HANG_BAR: config space works, BAR0 reads all-ones
 * @FAKE_HANG_BADF: config space works, BAR0 reads a PRI error
 * @FAKE_HANG_ZERO: config space works, BAR0 reads zero
 * @FAKE_HANG_SEC: config space works, BAR0 reads a security fault
 * @FAKE_HANG_SEC_OLD: the same, the other pattern
 */
enum fake_hang {
	FAKE_ALIVE,
	FAKE_HANG_CONFIG,
	FAKE_HANG_BAR,
	FAKE_HANG_BADF,
	FAKE_HANG_ZERO,
	FAKE_HANG_SEC,
	FAKE_HANG_SEC_OLD,
};

/**
 * struct fake_faults - what is wrong with a card; all zero is a healthy one
 * @hang: how it is hung when the reset begins
 * @hang_level: what ends @hang
 * @flr_none: the card takes no notice of a function level reset
 * @flr_never: after an FLR the function is not ready until the next bus reset
 * @flr_kills: after an FLR the card is all-ones until the next bus reset
 * @sbr_none: the card takes no notice of a bus reset
 * @sbr_min_ms: nor of one that is shorter
 * @scans: so many scans of the bus, one after the other, read Bridge Control during a
 *	bus reset, and write it back after that
 * @link_down: the link is down when the reset begins, until a bus reset
 * @link_never: the link does not come up after a bus reset
 * @link_ms: time from the end of a bus reset to an active link
 * @link_speed: the link does not train unless the port's target is this or
 *	slower; 0 for any
 * @link_width: after a reset the link has so many lanes; 0 for 16
 * @link_width_keep: training it again does not help
 * @flr_ready_ms: time from an FLR until config space answers
 * @sbr_ready_ms: time from the active link until config space answers
 * @ready_stagger_ms: each further function answers so much later
 * @rrs: a function that is not ready reads as vendor 0x0001, else all-ones
 * @boot_ms: time from an answering config space to the end of the firmware's
 *	boot, FAKE_NEVER possible
 * @boot_stuck: the firmware has not booted when the reset begins, and does not
 * @boot_level: what ends that
 * @boot_ones: until it has booted, BAR0 but for PMC_BOOT_0 reads all-ones
 * @firewall_ms: time from an answering config space to the end of the firewall
 *	over BAR0, FAKE_NEVER possible
 * @firewall: the firewall is up when the reset begins, and stays
 * @firewall_level: what ends that
 * @no_dvsec: the card has no DVSEC that tells of the firewall
 * @wpr2: firmware of a former driver is still there
 * @wpr2_level: what ends that
 * @chip_kept: a reset clears config space alone
 * @chip_level: what clears the rest
 * @untrusted: the card has never shown any sign before
 * @no_scratch: the scratch register takes no writes, and reads a PRI error
 * @hda: function 1 is there only while the GPU's config space says so
 * @wrong_id: the card comes back as another device
 * @swapped: another card is in the slot already when the reset begins
 * @boot0_once: after a reset PMC_BOOT_0 is right for one read
 * @wrong_boot0: the card comes back with the PMC_BOOT_0 of another chip
 * @flr_loses_sibling: function 1 is gone after a function level reset
 * @lost_sibling: function 1 is gone after a bus reset
 * @never_drains: Transactions Pending stays set until a reset
 * @bars_stick: BARs do not take what restore() writes
 * @bars_level: what ends that; a function level reset does not
 * @bars_moved: when the reset begins BAR0 is not where the kernel had put it
 * @sibling_lost_bars: when the reset begins the other functions have no addresses
 * @command_kept: somebody read COMMAND before a reset and writes it after that, as
 *	whoever opens a card through VFIO may: without its device lock
 * @busy: hold() finds a function in use
 * @port_busy: hold() finds the port in use
 * @nomem_at: the save() that fails, counted from 1; 0 for none
 * @port_dead: the port above reads all-ones
 * @port_lost_at: access of the port, counted from 1, from which on it does; 0
 *	for none
 * @lost_at: access of the card, counted from 1, from which on it is
 *	all-ones; 0 for none
 * @lost_level: what ends that
 * @lost_to_another: it is not all-ones then, but another card, until a bus reset
 */
struct fake_faults {
	enum fake_hang hang;
	enum fake_level hang_level;
	bool flr_none;
	bool flr_never;
	bool flr_kills;
	bool sbr_none;
	unsigned int sbr_min_ms;
	unsigned int scans;
	bool link_down;
	bool link_never;
	unsigned int link_ms;
	unsigned int link_speed;
	unsigned int link_width;
	bool link_width_keep;
	unsigned int flr_ready_ms;
	unsigned int sbr_ready_ms;
	unsigned int ready_stagger_ms;
	bool rrs;
	u64 boot_ms;
	bool boot_stuck;
	enum fake_level boot_level;
	bool boot_ones;
	u64 firewall_ms;
	bool firewall;
	enum fake_level firewall_level;
	bool no_dvsec;
	bool wpr2;
	enum fake_level wpr2_level;
	bool chip_kept;
	enum fake_level chip_level;
	bool untrusted;
	bool no_scratch;
	bool hda;
	bool wrong_id;
	bool swapped;
	bool boot0_once;
	bool wrong_boot0;
	bool flr_loses_sibling;
	bool lost_sibling;
	bool never_drains;
	bool bars_stick;
	enum fake_level bars_level;
	bool bars_moved;
	bool sibling_lost_bars;
	bool command_kept;
	bool busy;
	bool port_busy;
	unsigned int nomem_at;
	bool port_dead;
	unsigned int port_lost_at;
	unsigned int lost_at;
	enum fake_level lost_level;
	bool lost_to_another;
};

/**
 * struct fake_reg - one register of config space
 * @pos: offset
 * @size: 1, 2 or 4 bytes
 * @reset: value after a reset
 * @rw: bits that take what is written
 * @w1c: bits that a written 1 clears
 * @set: value as the kernel left it when the card worked
 */
struct fake_reg {
	u8 pos;
	u8 size;
	u32 reset;
	u32 rw;
	u32 w1c;
	u32 set;
};

/**
 * struct fake_kind - what tells a function from the others
 * @device: PCI device ID
 * @class: PCI class
 * @header: header type byte
 * @flr: has function level reset
 * @bars: its BARs, ended by a register of size 0; NULL for no function
 */
struct fake_kind {
	u16 device;
	u32 class;
	u8 header;
	bool flr;
	const struct fake_reg *bars;
};

/**
 * struct fake_card - a kind of card
 * @fn: its functions; the GPU is the first
 * @exp: offset of the PCI Express capability
 * @boot0: PMC_BOOT_0
 * @ready: how its firmware reports that it has booted
 * @fsp_reg: BAR0 offset, with GPUPT_READY_FSP
 * @wpr2_reg: BAR0 offset, 0 when the card has none
 * @canary_reg: BAR0 offset of a scratch register, 0 when the card has none
 * @dvsec: offset of NVIDIA's DVSEC, for a card with a firewall over BAR0
 * @hda: config 0x488 has the bit of the audio function
 * @no_link_report: the port does not report whether the link is active
 */
struct fake_card {
	struct fake_kind fn[GPUPT_FUNCTIONS];
	u8 exp;
	u32 boot0;
	enum gpupt_ready ready;
	u32 fsp_reg;
	u32 wpr2_reg;
	u32 canary_reg;
	u16 dvsec;
	bool hda;
	bool no_link_report;
};

extern const struct fake_card fake_p40;
extern const struct fake_card fake_gtx1080;
extern const struct fake_card fake_rtx2080;
extern const struct fake_card fake_rtx3080;
extern const struct fake_card fake_h100;
extern const struct fake_card fake_b200;
extern const struct fake_card fake_rtx5090;
/* of an ID that no table knows */
extern const struct fake_card fake_future;

/* Without the extended part, of which the card knows single registers. */
#define FAKE_CONFIG_SIZE	256

/**
 * struct fake_function - state of one function
 * @config: config space as it is
 * @saved: config space as save() found it
 * @is_saved: @saved holds something
 * @ready_at: time from which config space answers
 * @untouchable_until: time before which a reset forbids access
 * @dead: what revives the function, when @is_dead
 * @is_dead: reads are all-ones
 * @quiet: the engine wrote to it: from now on without bus mastering
 * @seen_ones: the engine's last read of config space was all-ones
 * @seen_itself: the engine has read its identity since the last reset
 * @seen_another: the last identity that the engine read is another's
 * @unrestored: it was reset, and not restored since
 * @was_alive: it answered when the reset began, and has had none since
 */
struct fake_function {
	u8 config[FAKE_CONFIG_SIZE];
	u8 saved[FAKE_CONFIG_SIZE];
	bool is_saved;
	u64 ready_at;
	u64 untouchable_until;
	enum fake_level dead;
	bool is_dead;
	bool quiet;
	bool seen_ones;
	bool seen_itself;
	bool seen_another;
	bool unrestored;
	bool was_alive;
};

/**
 * struct fake_gpu - a card and the port above it
 * @hw: what the engine gets
 * @test: the case that runs
 * @card: kind of card
 * @faults: what is wrong with it
 * @context: words for the messages, to tell one run of a loop from another
 * @budget_ms: given to the engine
 * @trusted: given to the engine
 * @shared: given to the engine
 * @vain: given to the engine
 * @config_only: given to the engine
 * @content: given to the engine
 * @content_flr: given to the engine
 * @fn: functions
 * @port: the port's config space
 * @port_at_start: the same when the reset began
 * @now: the clock
 * @started: time at which the reset began
 * @asserted_at: time at which the bus reset that is on was asserted
 * @scans: still to come that have read Bridge Control during the bus reset
 * @link_up_at: time from which the link is active
 * @training_until: time until which it is trained again
 * @link_width: its lanes
 * @link_speed: its speed
 * @booted_at: time from which the firmware has booted
 * @boot_stuck: it does not boot
 * @firewall_until: time from which the firewall is down
 * @firewall_stuck: it stays up
 * @wpr2: register of that name
 * @canary: scratch register
 * @hda_on: the bit of the audio function in config space
 * @hang: how BAR0 is hung now
 * @boot0_wrong: PMC_BOOT_0 is another chip's
 * @boot0_reads: of PMC_BOOT_0, since the last reset
 * @before_reset: a rung has begun, but not reset anything yet
 * @held: between hold() and release()
 * @held_whole: with the other functions
 * @accesses: of the card so far
 * @port_accesses: of the port so far
 * @port_dead: the port reads all-ones
 * @port_ones_at: where the engine has last seen it
 * @unslept: accesses since the last sleep
 * @saves: calls of save()
 * @flr: function level resets that the card saw
 * @sbr: bus resets that the card saw
 * @was_lost: &fake_faults.lost_at came true
 * @saw_loss: and the engine has read all-ones since
 * @sbr_when_lost: @sbr at that time
 * @broken_rules: rules broken so far
 * @acts: transcript of what the engine did, config reads and writes left out
 */
struct fake_gpu {
	struct gpupt_hw hw;
	struct kunit *test;
	const struct fake_card *card;
	struct fake_faults faults;
	char context[48];
	u32 budget_ms;
	u8 trusted;
	bool shared;
	u8 vain;
	bool config_only;
	bool content;
	bool content_flr;
	struct fake_function fn[GPUPT_FUNCTIONS];
	u8 port[FAKE_CONFIG_SIZE];
	u8 port_at_start[FAKE_CONFIG_SIZE];
	u64 now;
	u64 started;
	u64 asserted_at;
	unsigned int scans;
	u64 link_up_at;
	u64 training_until;
	unsigned int link_width;
	unsigned int link_speed;
	u64 booted_at;
	bool boot_stuck;
	u64 firewall_until;
	bool firewall_stuck;
	u32 wpr2;
	u32 canary;
	bool hda_on;
	enum fake_hang hang;
	bool boot0_wrong;
	unsigned int boot0_reads;
	bool before_reset;
	bool held;
	bool held_whole;
	unsigned int accesses;
	unsigned int port_accesses;
	bool port_dead;
	unsigned int port_ones_at;
	unsigned int unslept;
	unsigned int saves;
	unsigned int flr;
	unsigned int sbr;
	bool was_lost;
	bool saw_loss;
	unsigned int sbr_when_lost;
	unsigned int broken_rules;
	char acts[512];
};

/**
 * fake_gpu_alloc() - room for a card, freed with the case
 * @test: the case
 *
 * Context: may sleep; ends the case when there is no memory.
 * Return: the room, to be filled by fake_gpu_init().
 */
struct fake_gpu *fake_gpu_alloc(struct kunit *test);

/**
 * fake_gpu_init() - put a card into a slot, in the state @faults say
 * @fake: as fake_gpu_alloc() returned it; its former content is lost
 * @card: kind of card
 * @faults: what is wrong with it
 */
void fake_gpu_init(struct fake_gpu *fake, const struct fake_card *card,
		   const struct fake_faults *faults);

/**
 * fake_gpu_run() - reset the card, and check the rules for the end of a reset
 * @fake: the card
 * @model: as for gpupt_reset_run()
 * @ladder: as for gpupt_reset_run()
 * @boot0: as for gpupt_reset_run()
 * @out: as for gpupt_reset_run()
 *
 * At the end, whatever came of the reset: nothing is held, the port is as
 * before but for a lowered target speed, every function that answers has the
 * config space that the kernel gave it, bus mastering off; PMC_BOOT_0 is right
 * if the outcome says so; a success is a card that was reset and is alive, against
 * which no sign is that it has shown before, and that says which others are.
 *
 * Context: the case's own thread.
 * Return: what gpupt_reset_run() returned.
 */
int fake_gpu_run(struct fake_gpu *fake, const struct gpupt_model *model, const u8 *ladder,
		 u32 boot0, struct gpupt_outcome *out);

/**
 * fake_gpu_verify() - have the card verified, and check the rules for the end of it
 * @fake: the card
 * @model: as for gpupt_reset_verify()
 * @boot0: as for gpupt_reset_verify()
 * @out: as for gpupt_reset_verify()
 *
 * At the end the card is as before, but for bus mastering, and saw no reset.
 *
 * Context: the case's own thread.
 * Return: what gpupt_reset_verify() returned.
 */
int fake_gpu_verify(struct fake_gpu *fake, const struct gpupt_model *model, u32 boot0,
		    struct gpupt_outcome *out);

/**
 * fake_gpu_is_alive() - does the card work, seen from inside?
 * @fake: the card
 *
 * Return: true when every function answers as itself, no firewall is up, BAR0
 * holds PMC_BOOT_0 of the card. The signs of its firmware are not looked at.
 */
bool fake_gpu_is_alive(struct fake_gpu *fake);

/**
 * fake_gpu_signs_against() - what its firmware does not show, seen from inside
 * @fake: the card
 *
 * Return: GPUPT_SIGN_BOOT and so on; the others count only after the first.
 */
u8 fake_gpu_signs_against(struct fake_gpu *fake);

#endif /* FAKE_GPU_H */
