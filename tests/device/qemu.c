// SPDX-License-Identifier: GPL-2.0
/*
 * The emulated cards (model.c) as devices of Debian's qemu-system-x86_64 7.2:
 *
 *	gpupt-root-port	a pcie-root-port that reports its link as silicon does
 *	gpupt-switch-port	the same for a switch's downstream port
 *	gpupt-gpu	one function of a card
 *	gpupt-hda	QEMU's own HDA controller, as the audio function of a card
 *	gpupt-xhci	QEMU's own xHCI controller, as the USB function of a card
 *	gpupt-vga	QEMU's own VGA, as a GPU with a boot framebuffer
 *	gpupt-ctl	the control channel of all cards
 *
 * Built as a library for LD_PRELOAD. Debian's binary exports its symbols for
 * its own modules; they are no stable ABI, hence check_qemu() and check_size().
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_regs.h"
#include "hw/pci/pcie_port.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-control.h"
#include "qemu/module.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "qemu/units.h"

#include "model.h"

#define TYPE_PORT	"gpupt-root-port"
#define TYPE_SWITCH	"gpupt-switch-port"
#define TYPE_GPU	"gpupt-gpu"
#define TYPE_CTL	"gpupt-ctl"

#define LINK_UP_MS	20
/* Of a port's link control; they can be read back and do nothing else. */
#define LINK_CONTROL_WRITABLE \
			(PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES)

/* pcie-root-port's own state, which no header of QEMU declares. */
struct gen_root_port {
	PCIESlot slot;
	bool migrate_msix;
	PCIResReserve reserve;
};

/* A switch port's parent is the PCIESlot in front. */
struct port {
	struct gen_root_port parent;
	struct port *next;
	bool rrs;
	uint32_t link_up_ms;
	QEMUTimer *link_timer;
	bool link_notified;
	bool sound;		/* the link, before a control command */
	struct card *card;
	MemoryRegion abort;
	uint8_t pm;		/* offset of the power management capability */
};

struct gpu_bar {
	struct gpu *gpu;
	unsigned int index;
	uint64_t bytes;
	MemoryRegion region;
};

struct gpu {
	PCIDevice pci;
	struct gpu *next;
	struct card *card;
	char *card_name;
	char *model_name;
	uint32_t fn;
	uint32_t bar1_mb;
	struct port *port;	/* NULL on the root bus */
	struct gpu_bar bars[CARD_BARS];
};

struct ctl {
	DeviceState parent;
	CharBackend chr;
	char line[256];
	unsigned int used;
	bool overflow;
};

static struct card *cards;
static struct port *ports;
static struct gpu *gpus;
/* QEMU resets what is below a bridge whose bus is reset; the cards know better. */
static bool in_bus_reset;
static FILE *event_log;

static uint64_t now_us(void)
{
	return qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
}

__attribute__((format(printf, 2, 3)))
static void log_event(const char *who, const char *format, ...)
{
	va_list args;

	if (!event_log)
		return;
	fprintf(event_log, "%" PRIu64 " %s ", now_us(), who);
	va_start(args, format);
	vfprintf(event_log, format, args);
	va_end(args);
	fputc('\n', event_log);
}

static void log_card_event(const struct card *card, const char *what)
{
	log_event(card->name, "%s", what);
}

static bool log_timeout(const struct card *card);

/* ---- gpupt-gpu ---- */

/* BARs that have another size now; they must not be mapped. */
static bool gpu_resize(struct gpu *gpu, bool apply)
{
	const struct function *f = &gpu->card->function[gpu->fn];
	bool found = false;

	for (unsigned int i = 0; i < CARD_ROM; i++) {
		struct gpu_bar *bar = &gpu->bars[i];
		PCIDevice *d = &gpu->pci;

		if (f->bars[i].kind != BAR_MEM64_PREF || bar->bytes == f->bars[i].bytes)
			continue;
		found = true;
		if (!apply)
			continue;
		bar->bytes = f->bars[i].bytes;
		d->io_regions[i].size = bar->bytes;
		pci_set_quad(d->wmask + PCI_BASE_ADDRESS_0 + 4 * i, ~(bar->bytes - 1));
		memory_region_set_size(&bar->region, bar->bytes);
	}
	return found;
}

/*
 * QEMU maps BARs by its own copy of the config space. The model owns the
 * truth; this brings the copy's BARs and COMMAND up to it.
 */
static void gpu_sync(struct gpu *gpu)
{
	static const unsigned int bars[] = { 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x30 };
	PCIDevice *d = &gpu->pci;
	const uint32_t *value = gpu->card->function[gpu->fn].value;
	uint16_t command = value[PCI_COMMAND / 4];
	bool moved = gpu_resize(gpu, false);

	for (unsigned int i = 0; i < ARRAY_SIZE(bars); i++)
		moved |= pci_get_long(d->config + bars[i]) != value[bars[i] / 4];
	if (moved) {
		pci_default_write_config(d, PCI_COMMAND, 0, 2);
		gpu_resize(gpu, true);
		for (unsigned int i = 0; i < ARRAY_SIZE(bars); i++)
			pci_default_write_config(d, bars[i], value[bars[i] / 4], 4);
	}
	if (pci_get_word(d->config + PCI_COMMAND) != command)
		pci_default_write_config(d, PCI_COMMAND, command, 2);
}

static void card_sync(const struct card *card)
{
	for (struct gpu *gpu = gpus; gpu; gpu = gpu->next)
		if (gpu->card == card)
			gpu_sync(gpu);
}

/* The port itself, or that above its switch. */
static PCIDevice *root_port(const struct port *port)
{
	PCIDevice *d = PCI_DEVICE(port);

	while (d && pcie_cap_get_type(d) != PCI_EXP_TYPE_ROOT_PORT)
		d = pci_bridge_get_device(pci_get_bus(d));
	return d;
}

/* RRS visibility is the root port's, also for what is behind a switch. */
static bool rrs_visible(const struct port *port)
{
	PCIDevice *d = root_port(port);

	return d && pci_get_word(d->config + d->exp.exp_cap + PCI_EXP_RTCTL) &
		    PCI_EXP_RTCTL_CRSSVE;
}

static uint32_t gpu_config_read(PCIDevice *d, uint32_t addr, int len)
{
	struct gpu *gpu = container_of(d, struct gpu, pci);

	return card_config_read(gpu->card, gpu->fn, addr, len,
				gpu->port && rrs_visible(gpu->port), now_us());
}

static void gpu_config_write(PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
	struct gpu *gpu = container_of(d, struct gpu, pci);

	card_config_write(gpu->card, gpu->fn, addr, val, len, now_us());
	gpu_sync(gpu);
}

static uint64_t gpu_bar_read(void *opaque, hwaddr offset, unsigned int bytes)
{
	struct gpu_bar *bar = opaque;

	return card_bar_read(bar->gpu->card, bar->gpu->fn, bar->index, offset, bytes,
			     now_us());
}

static void gpu_bar_write(void *opaque, hwaddr offset, uint64_t value, unsigned int bytes)
{
	struct gpu_bar *bar = opaque;

	card_bar_write(bar->gpu->card, bar->gpu->fn, bar->index, offset, value, bytes,
		       now_us());
	/* The config space is mirrored in BAR 0. */
	card_sync(bar->gpu->card);
}

static const MemoryRegionOps gpu_bar_ops = {
	.read = gpu_bar_read,
	.write = gpu_bar_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 1, .max_access_size = 8 },
	.impl = { .min_access_size = 1, .max_access_size = 8 },
};

static struct card *card_get(struct gpu *gpu, const struct card_model *model, Error **errp)
{
	struct card *card;

	for (struct gpu *other = gpus; other; other = other->next) {
		if (strcmp(other->card->name, gpu->card_name))
			continue;
		if (pci_get_bus(&other->pci) != pci_get_bus(&gpu->pci) ||
		    PCI_SLOT(other->pci.devfn) != PCI_SLOT(gpu->pci.devfn)) {
			error_setg(errp, "card '%s' is elsewhere already", gpu->card_name);
			return NULL;
		}
		if (other->card->model != model) {
			error_setg(errp, "card '%s' is a %s", gpu->card_name,
				   other->card->model->name);
			return NULL;
		}
		return other->card;
	}
	if (gpu->port && gpu->port->card) {
		error_setg(errp, "this port already has card '%s'", gpu->port->card->name);
		return NULL;
	}
	card = g_new(struct card, 1);
	card_init(card, g_strdup(gpu->card_name), model);
	card->event = log_card_event;
	card->timed_out = log_timeout;
	card->next = cards;
	cards = card;
	if (gpu->port)
		gpu->port->card = card;
	else
		card_set_integrated(card);
	return card;
}

static bool function_given(const struct gpu *gpu, unsigned int fn)
{
	for (struct gpu *other = gpus; other; other = other->next)
		if (other->fn == fn && !strcmp(other->card->name, gpu->card_name))
			return true;
	return false;
}

/* The function is a device of QEMU's own. */
static bool function_elsewhere(const struct gpu *gpu, unsigned int fn)
{
	unsigned int devfn = PCI_DEVFN(PCI_SLOT(gpu->pci.devfn), fn);

	return !function_given(gpu, fn) && pci_get_bus(&gpu->pci)->devices[devfn];
}

static bool gpu_check(struct gpu *gpu, const struct card_model *model, Error **errp)
{
	PCIDevice *d = &gpu->pci;

	if (!model) {
		error_setg(errp, "there is no card model '%s'", gpu->model_name);
		return false;
	}
	if (gpu->fn >= model->functions) {
		error_setg(errp, "a %s has %u function(s), so no fn=%u", model->name,
			   model->functions, gpu->fn);
		return false;
	}
	if ((gpu->port && PCI_SLOT(d->devfn)) || PCI_FUNC(d->devfn) != gpu->fn) {
		error_setg(errp, "fn=%u must be at addr=0.%u", gpu->fn, gpu->fn);
		return false;
	}
	if (gpu->bar1_mb && (gpu->fn || !is_power_of_2(gpu->bar1_mb))) {
		error_setg(errp, "bar1-mb is for fn=0 and a power of two");
		return false;
	}
	/* Function 0 makes the others visible, so it has to come last. */
	for (unsigned int fn = 1; gpu->fn == 0 && fn < model->functions; fn++) {
		if (!function_given(gpu, fn) && !function_elsewhere(gpu, fn)) {
			error_setg(errp, "fn=%u of card '%s' must be given before fn=0", fn,
				   gpu->card_name);
			return false;
		}
	}
	return true;
}

static void gpu_realize(PCIDevice *d, Error **errp)
{
	static const uint8_t types[] = {
		[BAR_MEM32] = PCI_BASE_ADDRESS_SPACE_MEMORY,
		[BAR_MEM64_PREF] = PCI_BASE_ADDRESS_MEM_TYPE_64 |
				   PCI_BASE_ADDRESS_MEM_PREFETCH,
		[BAR_IO] = PCI_BASE_ADDRESS_SPACE_IO,
		[BAR_ROM] = PCI_BASE_ADDRESS_SPACE_MEMORY,
	};
	struct gpu *gpu = container_of(d, struct gpu, pci);
	Object *above = OBJECT(pci_get_bus(d)->parent_dev);
	const struct card_model *model;
	const struct function *f;
	struct card *card;

	gpu->port = (struct port *)(object_dynamic_cast(above, TYPE_PORT) ?:
				    object_dynamic_cast(above, TYPE_SWITCH));
	if (!gpu->port && above) {
		error_setg(errp, "a " TYPE_GPU " must be on the bus of a " TYPE_PORT ", of a "
			   TYPE_SWITCH " or on the root bus");
		return;
	}
	if (!gpu->card_name || !gpu->model_name) {
		error_setg(errp, "card= and model= must be given");
		return;
	}
	model = card_model_find(gpu->model_name);
	if (!gpu_check(gpu, model, errp))
		return;
	card = card_get(gpu, model, errp);
	if (!card)
		return;
	gpu->card = card;
	if (gpu->bar1_mb)
		card_set_bar1(card, gpu->bar1_mb * MiB);
	for (unsigned int fn = 1; gpu->fn == 0 && fn < model->functions; fn++)
		if (function_elsewhere(gpu, fn))
			card_set_elsewhere(card, fn);
	gpu->next = gpus;
	gpus = gpu;

	f = &card->function[gpu->fn];
	memcpy(d->config, f->value, PCI_STD_HEADER_SIZEOF);
	for (unsigned int i = 0; i < CARD_BARS; i++) {
		struct gpu_bar *bar = &gpu->bars[i];
		g_autofree char *name = g_strdup_printf("%s.%u bar %u", card->name, gpu->fn, i);

		if (f->bars[i].kind == BAR_NONE)
			continue;
		bar->gpu = gpu;
		bar->index = i;
		bar->bytes = f->bars[i].bytes;
		memory_region_init_io(&bar->region, OBJECT(d), &gpu_bar_ops, bar, name,
				      f->bars[i].bytes);
		pci_register_bar(d, i, types[f->bars[i].kind], &bar->region);
	}
}

/* Of the machine; below a port that one tells the card. */
static void gpu_reset(DeviceState *dev)
{
	struct gpu *gpu = container_of(PCI_DEVICE(dev), struct gpu, pci);

	if (gpu->port)
		return;
	if (gpu->fn == 0)
		card_system_reset(gpu->card);
	gpu_sync(gpu);
}

static Property gpu_properties[] = {
	DEFINE_PROP_STRING("card", struct gpu, card_name),
	DEFINE_PROP_STRING("model", struct gpu, model_name),
	DEFINE_PROP_UINT32("fn", struct gpu, fn, 0),
	DEFINE_PROP_UINT32("bar1-mb", struct gpu, bar1_mb, 0),
	DEFINE_PROP_END_OF_LIST(),
};

static void check_size(const char *type, size_t size)
{
	size_t real = object_type_get_instance_size(type);

	if (real == size)
		return;
	fprintf(stderr, "gpupt-device: this QEMU's %s has %zu bytes, the headers say %zu: rebuild with tests/device/build\n",
		type, real, size);
	exit(1);
}

static void gpu_class_init(ObjectClass *klass, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

	check_size(TYPE_PCI_DEVICE, sizeof(PCIDevice));
	k->realize = gpu_realize;
	k->config_read = gpu_config_read;
	k->config_write = gpu_config_write;
	k->vendor_id = PCI_VENDOR_ID_NVIDIA;
	k->class_id = PCI_CLASS_DISPLAY_3D;
	dc->reset = gpu_reset;
	dc->desc = "one function of an emulated NVIDIA card";
	dc->hotpluggable = false;
	set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
	device_class_set_props(dc, gpu_properties);
}

/* ---- gpupt-root-port, gpupt-switch-port ---- */

/* The class of QEMU's own port. */
static ObjectClass *port_parent(const struct port *port)
{
	return object_class_get_parent(object_get_class(OBJECT(port)));
}

static uint8_t *port_express(struct port *port)
{
	PCIDevice *d = PCI_DEVICE(port);

	return d->config + d->exp.exp_cap;
}

/*
 * The data link layer interrupt, which QEMU's port does not have: raised when
 * both enables and the event come together (PCIe 6.7.3.4).
 */
static void port_notify(struct port *port)
{
	PCIDevice *d = PCI_DEVICE(port);
	uint8_t *exp = port_express(port);
	uint16_t control = pci_get_word(exp + PCI_EXP_SLTCTL);
	uint16_t status = pci_get_word(exp + PCI_EXP_SLTSTA);
	bool before = port->link_notified;

	port->link_notified = control & PCI_EXP_SLTCTL_HPIE &&
			      control & PCI_EXP_SLTCTL_DLLSCE &&
			      status & PCI_EXP_SLTSTA_DLLSC;
	if (msix_enabled(d) || msi_enabled(d)) {
		unsigned int vector = (pci_get_word(exp + PCI_EXP_FLAGS) &
				       PCI_EXP_FLAGS_IRQ) >> 9;

		if (!port->link_notified || before)
			return;
		if (msix_enabled(d))
			msix_notify(d, vector);
		else
			msi_notify(d, vector);
	} else if (pci_intx(d) != -1) {
		pci_set_irq(d, port->link_notified || d->exp.hpev_notified);
	}
}

static void port_set_link(struct port *port, bool up)
{
	uint8_t *exp = port_express(port);

	if (port->card)
		card_link(port->card, up, now_us());
	if (!(pci_get_long(exp + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC) ||
	    up == !!(pci_get_word(exp + PCI_EXP_LNKSTA) & PCI_EXP_LNKSTA_DLLLA))
		return;
	if (up)
		pci_word_test_and_set_mask(exp + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
	else
		pci_word_test_and_clear_mask(exp + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
	pci_word_test_and_set_mask(exp + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_DLLSC);
	port_notify(port);
}

static void port_link_down(struct port *port)
{
	timer_del(port->link_timer);
	port_set_link(port, false);
}

/*
 * The card was pulled out, or put in. Without an interrupt: QEMU's slot has an attention button,
 * and Linux then wants none for presence.
 */
static void port_follow_slot(struct port *port)
{
	uint8_t *status = port_express(port) + PCI_EXP_SLTSTA;

	if (port->card->pulled != !!(pci_get_word(status) & PCI_EXP_SLTSTA_PDS))
		return;
	if (port->card->pulled)
		pci_word_test_and_clear_mask(status, PCI_EXP_SLTSTA_PDS);
	else
		pci_word_test_and_set_mask(status, PCI_EXP_SLTSTA_PDS);
	pci_word_test_and_set_mask(status, PCI_EXP_SLTSTA_PDC);
}

static bool port_in_reset(const PCIDevice *d)
{
	return pci_get_word(d->config + PCI_BRIDGE_CONTROL) & PCI_BRIDGE_CTL_BUS_RESET;
}

static bool port_slot_off(const PCIDevice *d)
{
	return pci_get_word(d->config + d->exp.exp_cap + PCI_EXP_SLTCTL) &
	       PCI_EXP_SLTCTL_PCC;
}

static bool port_occupied(struct port *port)
{
	return pci_bridge_get_sec_bus(PCI_BRIDGE(port))->devices[0];
}

static unsigned int port_width(struct port *port)
{
	return (pci_get_long(port_express(port) + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_MLW) >> 4;
}

/* What the link is to be trained to; a port of 2.5 GT/s has no target. */
static unsigned int port_speed(struct port *port)
{
	uint8_t *exp = port_express(port);
	unsigned int most = pci_get_long(exp + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_SLS;
	unsigned int target = pci_get_word(exp + PCI_EXP_LNKCTL2) & PCI_EXP_LNKCTL2_TLS;

	return target ? MIN(target, most) : most;
}

/* The link is trained for some time; both from scratch and from an active link. */
static void port_train(struct port *port)
{
	if (port_occupied(port) && !port_in_reset(PCI_DEVICE(port)) &&
	    !port_slot_off(PCI_DEVICE(port)))
		timer_mod(port->link_timer,
			  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + port->link_up_ms);
}

static void port_trained(void *opaque)
{
	struct port *port = opaque;

	if (!port->card || card_train(port->card, port_width(port), port_speed(port)))
		port_set_link(port, true);
}

/*
 * The link after a control command: down if that broke it, and up at once if
 * that mended it. @sound is what it was before.
 */
static void port_follow(struct port *port, bool sound)
{
	port_follow_slot(port);
	if (card_link_dead(port->card))
		port_link_down(port);
	else if (!sound && card_link_sound(port->card) && !port->card->link &&
		 !timer_pending(port->link_timer) && !port_in_reset(PCI_DEVICE(port)) &&
		 !port_slot_off(PCI_DEVICE(port)))
		port_trained(port);
}

/*
 * An uncorrectable error that port @d finds itself, and its message to the root
 * complex (PCIe 6.2.4, 6.2.5). QEMU's own function for it is not exported.
 * Return: the error is not masked.
 */
static bool port_error(PCIDevice *d, uint32_t error)
{
	uint8_t *aer = d->config + d->exp.aer_cap, *exp = d->config + d->exp.exp_cap;
	bool fatal = pci_get_long(aer + PCI_ERR_UNCOR_SEVER) & error;
	uint32_t status = pci_get_long(aer + PCI_ERR_ROOT_STATUS), before = status;
	unsigned int vector = (status & PCI_ERR_ROOT_IRQ) >> PCI_ERR_ROOT_IRQ_SHIFT;

	if (!pci_get_long(aer + PCI_ERR_UNCOR_STATUS)) {
		pci_long_test_and_clear_mask(aer + PCI_ERR_CAP, PCI_ERR_CAP_FEP_MASK);
		pci_long_test_and_set_mask(aer + PCI_ERR_CAP, ctz32(error));
	}
	pci_long_test_and_set_mask(aer + PCI_ERR_UNCOR_STATUS, error);
	pci_word_test_and_set_mask(exp + PCI_EXP_DEVSTA,
				   fatal ? PCI_EXP_DEVSTA_FED : PCI_EXP_DEVSTA_NFED);
	if (pci_get_long(aer + PCI_ERR_UNCOR_MASK) & error) {
		log_event(DEVICE(d)->id ?: "port", "AER 0x%x masked", error);
		return false;
	}
	log_event(DEVICE(d)->id ?: "port", "AER 0x%x", error);
	if (pcie_cap_get_type(d) != PCI_EXP_TYPE_ROOT_PORT)
		return true;
	if (!(pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_SERR) &&
	    !(pci_get_word(exp + PCI_EXP_DEVCTL) &
	      (fatal ? PCI_EXP_DEVCTL_FERE : PCI_EXP_DEVCTL_NFERE)))
		return true;
	if (before & PCI_ERR_ROOT_UNCOR_RCV)
		status |= PCI_ERR_ROOT_MULTI_UNCOR_RCV;
	else
		pci_set_word(aer + PCI_ERR_ROOT_ERR_SRC + 2, pci_requester_id(d));
	status |= PCI_ERR_ROOT_UNCOR_RCV |
		  (fatal ? PCI_ERR_ROOT_FATAL_RCV : PCI_ERR_ROOT_NONFATAL_RCV);
	if (fatal && !(before & PCI_ERR_ROOT_UNCOR_RCV))
		status |= PCI_ERR_ROOT_FIRST_FATAL;
	pci_set_long(aer + PCI_ERR_ROOT_STATUS, status);
	/* Only the first of its kind interrupts. */
	if (status & ~before & (PCI_ERR_ROOT_FATAL_RCV | PCI_ERR_ROOT_NONFATAL_RCV) &&
	    pci_get_long(aer + PCI_ERR_ROOT_COMMAND) &
	    (fatal ? PCI_ERR_ROOT_CMD_FATAL_EN : PCI_ERR_ROOT_CMD_NONFATAL_EN)) {
		if (msix_enabled(d))
			msix_notify(d, vector);
		else if (msi_enabled(d))
			msi_notify(d, vector);
	}
	return true;
}

/* The requester finds it out, also for a card behind a switch; on the root bus nobody logs it. */
static bool log_timeout(const struct card *card)
{
	for (struct port *port = ports; port; port = port->next) {
		PCIDevice *root = port->card == card ? root_port(port) : NULL;

		if (root)
			return port_error(root, PCI_ERR_UNC_COMP_TIME);
	}
	return false;
}

static bool port_below(const struct port *port, const struct port *above)
{
	PCIDevice *d = PCI_DEVICE(port);

	do
		d = pci_bridge_get_device(pci_get_bus(d));
	while (d && d != PCI_DEVICE(above));
	return d;
}

static void port_hot_reset(struct port *port, bool asserted)
{
	if (asserted)
		port_link_down(port);
	if (asserted && port->card && port->card->storm) {
		port->card->count[COUNT_STORM]++;
		port_error(PCI_DEVICE(port), PCI_ERR_UNC_SDN);
		port_error(PCI_DEVICE(port), PCI_ERR_UNC_COMP_TIME);
	}
	if (port->card)
		card_sbr(port->card, asserted, now_us());
	if (!asserted)
		port_train(port);
}

/* A switch passes the reset on. */
static void port_bus_reset(struct port *port, bool asserted)
{
	for (struct port *other = ports; other; other = other->next)
		if (other == port || port_below(other, port))
			port_hot_reset(other, asserted);
}

static void port_slot_power(struct port *port, bool on)
{
	if (!on)
		port_link_down(port);
	if (port->card)
		card_power(port->card, on, now_us());
	if (on)
		port_train(port);
}

static unsigned int port_power_state(const struct port *port)
{
	return pci_get_word(PCI_DEVICE(port)->config + port->pm + PCI_PM_CTRL) &
	       PCI_PM_CTRL_STATE_MASK;
}

static void port_to_d3(struct port *port)
{
	if (!port->card)
		return;
	card_port_d3(port->card);
	if (card_link_dead(port->card))
		port_link_down(port);
}

static void port_log_write(const PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
	static const struct {
		const char *name;
		bool express;
		unsigned int offset;
	} registers[] = {
		{ "BRIDGE", false, PCI_BRIDGE_CONTROL },
		{ "SLTCTL", true, PCI_EXP_SLTCTL },
		{ "SLTSTA", true, PCI_EXP_SLTSTA },
		{ "LNKCTL", true, PCI_EXP_LNKCTL },
		{ "LNKCTL2", true, PCI_EXP_LNKCTL2 },
		{ "RTCTL", true, PCI_EXP_RTCTL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(registers); i++) {
		unsigned int at = registers[i].offset +
				  (registers[i].express ? d->exp.exp_cap : 0);

		if (addr <= at && at < addr + len)
			log_event(DEVICE(d)->id ?: "port", "%s 0x%04x", registers[i].name,
				  val >> 8 * (at - addr) & 0xffff);
	}
}

/* QEMU would give speed and width as both ends can; here they are those of the link. */
static uint32_t port_config_read(PCIDevice *d, uint32_t addr, int len)
{
	struct port *port = (struct port *)d;
	uint8_t *status = port_express(port) + PCI_EXP_LNKSTA;
	uint32_t val = 0;

	if (!port->card)
		return pci_default_read_config(d, addr, len);
	if (ranges_overlap(addr, len, status - d->config, 2))
		pci_set_word(status, (pci_get_word(status) & PCI_EXP_LNKSTA_DLLLA) |
				     port->card->link_width << 4 | port->card->link_speed |
				     (timer_pending(port->link_timer) ? PCI_EXP_LNKSTA_LT : 0));
	memcpy(&val, d->config + addr, len);
	return le32_to_cpu(val);
}

static void port_config_write(PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
	struct port *port = (struct port *)d;
	uint8_t *slot_status = d->config + d->exp.exp_cap + PCI_EXP_SLTSTA;
	unsigned int link_control = d->exp.exp_cap + PCI_EXP_LNKCTL;
	bool in_reset = port_in_reset(d), off = port_slot_off(d);
	unsigned int power_state = port_power_state(port);
	uint16_t present;

	port_log_write(d, addr, val, len);
	/*
	 * QEMU unplugs the card of a slot that is switched off with its
	 * indicator off. A real one stays in: let the slot look empty to it.
	 */
	present = pci_word_test_and_clear_mask(slot_status, PCI_EXP_SLTSTA_PDS);
	in_bus_reset = true;
	PCI_DEVICE_CLASS(port_parent(port))->config_write(d, addr, val, len);
	in_bus_reset = false;
	pci_word_test_and_set_mask(slot_status, present);

	if (in_reset != port_in_reset(d))
		port_bus_reset(port, !in_reset);
	if (off != port_slot_off(d))
		port_slot_power(port, off);
	if (range_covers_byte(addr, len, link_control) &&
	    val >> 8 * (link_control - addr) & PCI_EXP_LNKCTL_RL)
		port_train(port);
	if (power_state != port_power_state(port)) {
		log_event(DEVICE(d)->id ?: "port", "PM D%u->D%u", power_state,
			  port_power_state(port));
		if (port_power_state(port) == 3)
			port_to_d3(port);
	}
	port_notify(port);
	for (struct gpu *gpu = gpus; gpu; gpu = gpu->next)
		gpu_sync(gpu);
}

static void port_reset(DeviceState *dev)
{
	struct port *port = (struct port *)dev;
	PCIDevice *d = PCI_DEVICE(dev);
	uint8_t *exp = port_express(port);

	DEVICE_CLASS(port_parent(port))->reset(dev);
	pci_word_test_and_clear_mask(d->config + port->pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
	if (!in_bus_reset)
		pci_set_long(d->config + d->exp.aer_cap + PCI_ERR_UNCOR_MASK, 0);
	pci_word_test_and_clear_mask(exp + PCI_EXP_LNKCTL, LINK_CONTROL_WRITABLE);
	pci_word_test_and_clear_mask(exp + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS);
	if (pci_get_long(exp + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC)
		pci_word_test_and_set_mask(exp + PCI_EXP_LNKCTL2,
					   pci_get_long(exp + PCI_EXP_LNKCAP) &
					   PCI_EXP_LNKCAP_SLS);
	if (port->card && !in_bus_reset) {
		timer_del(port->link_timer);
		card_system_reset(port->card);
		card_link(port->card, false, now_us());
		port_trained(port);
	}
	pci_word_test_and_clear_mask(exp + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_DLLSCE);
	pci_word_test_and_clear_mask(exp + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_DLLSC);
	port_notify(port);
	card_sync(port->card);
}

/* What no device claims is a master abort: all-ones, where QEMU gives 0. */
static uint64_t abort_read(void *opaque, hwaddr offset, unsigned int bytes)
{
	struct port *port = opaque;

	if (port->card)
		card_read_unclaimed(port->card);
	return UINT64_MAX;
}

static void abort_write(void *opaque, hwaddr offset, uint64_t value, unsigned int bytes)
{
}

static const MemoryRegionOps abort_ops = {
	.read = abort_read,
	.write = abort_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 1, .max_access_size = 8 },
	.impl = { .min_access_size = 1, .max_access_size = 8 },
};

static void port_realize(DeviceState *dev, Error **errp)
{
	struct port *port = (struct port *)dev;
	PCIDevice *d = PCI_DEVICE(dev);
	Error *err = NULL;
	uint8_t *wmask;
	int pm;

	port->link_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, port_trained, port);
	DEVICE_CLASS(port_parent(port))->realize(dev, &err);
	if (err) {
		error_propagate(errp, err);
		return;
	}
	/* As on silicon, but without PME. */
	pm = pci_add_capability(d, PCI_CAP_ID_PM, 0, PCI_PM_SIZEOF, errp);
	if (pm < 0)
		return;
	port->pm = pm;
	pci_set_word(d->config + pm + PCI_PM_PMC, 3);
	pci_set_word(d->config + pm + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	pci_set_word(d->wmask + pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
	/* QEMU's port logs them, but none can be masked. */
	pci_set_long(d->wmask + d->exp.aer_cap + PCI_ERR_UNCOR_MASK, PCI_ERR_UNC_SUPPORTED);
	wmask = d->wmask + d->exp.exp_cap;
	pci_word_test_and_set_mask(wmask + PCI_EXP_LNKCTL, LINK_CONTROL_WRITABLE);
	if (pci_get_long(d->config + d->exp.exp_cap + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC)
		pci_word_test_and_set_mask(wmask + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS);
	/* Without ACS the cards behind a switch would share an IOMMU group. */
	if (pcie_cap_get_type(d) == PCI_EXP_TYPE_DOWNSTREAM)
		pcie_acs_init(d, d->exp.aer_cap + PCI_ERR_SIZEOF);
	else if (port->rrs) {
		pci_word_test_and_set_mask(d->config + d->exp.exp_cap + PCI_EXP_RTCAP,
					   PCI_EXP_RTCAP_CRSVIS);
		pci_word_test_and_set_mask(wmask + PCI_EXP_RTCTL, PCI_EXP_RTCTL_CRSSVE);
	}
	pci_word_test_and_set_mask(wmask + PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_DLLSCE);
	/* Without this the kernel's handler finds the event again and again. */
	pci_word_test_and_set_mask(d->w1cmask + d->exp.exp_cap + PCI_EXP_SLTSTA,
				   PCI_EXP_SLTSTA_DLLSC);
	memory_region_init_io(&port->abort, OBJECT(dev), &abort_ops, port,
			      "gpupt-master-abort", UINT64_MAX);
	memory_region_add_subregion_overlap(&PCI_BRIDGE(dev)->address_space_mem, 0,
					    &port->abort, -1);
	port->next = ports;
	ports = port;
}

static void port_instance_init(Object *obj)
{
	PCIESlot *slot = PCIE_SLOT(obj);

	slot->speed = QEMU_PCI_EXP_LNK_8GT;
	slot->width = QEMU_PCI_EXP_LNK_X16;
}

static Property port_properties[] = {
	DEFINE_PROP_BOOL("rrs", struct port, rrs, true),
	DEFINE_PROP_UINT32("link-up-ms", struct port, link_up_ms, LINK_UP_MS),
	DEFINE_PROP_END_OF_LIST(),
};

static void port_class_init(ObjectClass *klass, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

	check_size(TYPE_PCI_BRIDGE, sizeof(PCIBridge));
	check_size(TYPE_PCIE_SLOT, sizeof(PCIESlot));
	check_size("pcie-root-port", sizeof(struct gen_root_port));
	check_size("xio3130-downstream", sizeof(PCIESlot));
	k->config_write = port_config_write;
	k->config_read = port_config_read;
	dc->reset = port_reset;
	dc->realize = port_realize;
	dc->hotpluggable = false;
	dc->desc = "PCI Express port that reports link changes";
	device_class_set_props(dc, port_properties);
}

/* ---- gpupt-ctl ---- */

static void ctl_line(struct ctl *ctl)
{
	char reply[256] = "err line too long";

	/* A terminal that echoes would make us answer our own replies. */
	if (!strcmp(ctl->line, "ok") || g_str_has_prefix(ctl->line, "ok ") ||
	    g_str_has_prefix(ctl->line, "err "))
		return;
	for (struct port *port = ports; port; port = port->next)
		port->sound = port->card && card_link_sound(port->card);
	if (!ctl->overflow)
		card_control(cards, ctl->line, reply, sizeof(reply), now_us());
	for (struct port *port = ports; port; port = port->next) {
		if (port->card)
			port_follow(port, port->sound);
	}
	for (struct gpu *gpu = gpus; gpu; gpu = gpu->next)
		gpu_sync(gpu);
	qemu_chr_fe_write_all(&ctl->chr, (uint8_t *)reply, strlen(reply));
	qemu_chr_fe_write_all(&ctl->chr, (uint8_t *)"\n", 1);
}

static int ctl_can_read(void *opaque)
{
	return 256;
}

static void ctl_read(void *opaque, const uint8_t *data, int size)
{
	struct ctl *ctl = opaque;

	for (int i = 0; i < size; i++) {
		if (data[i] != '\n' && data[i] != '\r') {
			if (ctl->used < sizeof(ctl->line) - 1)
				ctl->line[ctl->used++] = data[i];
			else
				ctl->overflow = true;
			continue;
		}
		ctl->line[ctl->used] = '\0';
		if (ctl->used)
			ctl_line(ctl);
		ctl->used = 0;
		ctl->overflow = false;
	}
}

static void ctl_realize(DeviceState *dev, Error **errp)
{
	struct ctl *ctl = (struct ctl *)dev;

	if (!qemu_chr_fe_backend_connected(&ctl->chr)) {
		error_setg(errp, TYPE_CTL " needs chardev=");
		return;
	}
	qemu_chr_fe_set_handlers(&ctl->chr, ctl_can_read, ctl_read, NULL, NULL, ctl, NULL,
				 true);
}

static Property ctl_properties[] = {
	DEFINE_PROP_CHR("chardev", struct ctl, chr),
	DEFINE_PROP_END_OF_LIST(),
};

static void ctl_class_init(ObjectClass *klass, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);

	check_size(TYPE_DEVICE, sizeof(DeviceState));
	dc->realize = ctl_realize;
	dc->desc = "control channel of the emulated NVIDIA cards";
	dc->user_creatable = true;
	dc->hotpluggable = false;
	set_bit(DEVICE_CATEGORY_MISC, dc->categories);
	device_class_set_props(dc, ctl_properties);
}

/* ---- devices of QEMU's own under NVIDIA's name, for drivers of the guest to bind ---- */

static void become_nvidia(ObjectClass *klass, void *data)
{
	PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

	k->vendor_id = PCI_VENDOR_ID_NVIDIA;
	k->device_id = (uintptr_t)data;
}

/* ---- registration ---- */

static const TypeInfo types[] = {
	{
		.name = TYPE_GPU,
		.parent = TYPE_PCI_DEVICE,
		.instance_size = sizeof(struct gpu),
		.class_init = gpu_class_init,
		.interfaces = (InterfaceInfo[]){ { INTERFACE_PCIE_DEVICE }, {} },
	},
	{
		.name = TYPE_PORT,
		.parent = "pcie-root-port",
		.instance_size = sizeof(struct port),
		.instance_init = port_instance_init,
		.class_init = port_class_init,
	},
	{
		.name = TYPE_SWITCH,
		.parent = "xio3130-downstream",
		.instance_size = sizeof(struct port),
		.instance_init = port_instance_init,
		.class_init = port_class_init,
	},
	{
		.name = "gpupt-hda",
		.parent = "intel-hda",
		.class_init = become_nvidia,
		.class_data = (void *)0x10f8,
	},
	{
		.name = "gpupt-xhci",
		.parent = "qemu-xhci",
		.class_init = become_nvidia,
		.class_data = (void *)0x1ad8,
	},
	{
		.name = "gpupt-vga",
		.parent = "VGA",
		.class_init = become_nvidia,
		.class_data = (void *)0x1c82,
	},
	{
		.name = TYPE_CTL,
		.parent = TYPE_DEVICE,
		.instance_size = sizeof(struct ctl),
		.class_init = ctl_class_init,
	},
};

/* GPUPT_QEMU_SOURCE is the Debian version of the headers, without "+bN". */
static void check_qemu(void)
{
	VersionInfo *info = qmp_query_version(NULL);
	const char *found = strstr(info->package, GPUPT_QEMU_SOURCE);
	const char *end = found ? found + strlen(GPUPT_QEMU_SOURCE) : "";

	if (!found || (*end && *end != ')' && strncmp(end, "+b", 2))) {
		fprintf(stderr, "gpupt-device: built for QEMU " GPUPT_QEMU_SOURCE ", this is %" PRId64 ".%" PRId64 ".%" PRId64 " %s: rebuild with tests/device/build\n",
			info->qemu->major, info->qemu->minor, info->qemu->micro,
			info->package);
		exit(1);
	}
	qapi_free_VersionInfo(info);
}

static void register_types(void)
{
	const char *path = getenv("GPUPT_EVENTS");

	check_qemu();
	if (path && *path) {
		event_log = fopen(path, "ae");
		if (!event_log) {
			fprintf(stderr, "gpupt-device: GPUPT_EVENTS: cannot write %s: %s\n",
				path, strerror(errno));
			exit(1);
		}
		setvbuf(event_log, NULL, _IOLBF, 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++)
		type_register_static(&types[i]);
}

type_init(register_types)
