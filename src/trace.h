/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints gpupt:* of the reset sequence. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM gpupt

#if !defined(GPUPT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define GPUPT_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

#include "gpupt/model.h"

#ifndef GPUPT_TRACE_SHOW_RUNG
#define GPUPT_TRACE_SHOW_RUNG
#define gpupt_trace_show_rung(rung)				\
	__print_symbolic(rung, { GPUPT_RUNG_NONE, "none" },	\
			 { GPUPT_RUNG_FLR, "flr" }, { GPUPT_RUNG_BUS, "bus" },	\
			 { GPUPT_RUNG_BUS_LONG, "bus-long" },			\
			 { GPUPT_RUNG_SLOT_POWER, "slot-power" },		\
			 { GPUPT_RUNG_RESCAN, "rescan" })
#endif

TRACE_EVENT(gpupt_rung_begin,
	TP_PROTO(struct pci_dev *pdev, unsigned int rung),
	TP_ARGS(pdev, rung),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(unsigned int, bus)
		__field(unsigned int, devfn)
		__field(unsigned int, rung)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->bus = pdev->bus->number;
		__entry->devfn = pdev->devfn;
		__entry->rung = rung;
	),
	TP_printk("%04x:%02x:%02x.%d rung=%s", __entry->domain, __entry->bus,
		  PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  gpupt_trace_show_rung(__entry->rung))
);

DECLARE_EVENT_CLASS(gpupt_end,
	TP_PROTO(struct pci_dev *pdev, unsigned int rung, int result, u32 ms),
	TP_ARGS(pdev, rung, result, ms),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(unsigned int, bus)
		__field(unsigned int, devfn)
		__field(unsigned int, rung)
		__field(int, result)
		__field(u32, ms)
	),
	TP_fast_assign(
		__entry->domain = pci_domain_nr(pdev->bus);
		__entry->bus = pdev->bus->number;
		__entry->devfn = pdev->devfn;
		__entry->rung = rung;
		__entry->result = result;
		__entry->ms = ms;
	),
	TP_printk("%04x:%02x:%02x.%d rung=%s result=%d ms=%u", __entry->domain, __entry->bus,
		  PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  gpupt_trace_show_rung(__entry->rung), __entry->result, __entry->ms)
);

DEFINE_EVENT(gpupt_end, gpupt_rung_end,
	TP_PROTO(struct pci_dev *pdev, unsigned int rung, int result, u32 ms),
	TP_ARGS(pdev, rung, result, ms)
);

DEFINE_EVENT(gpupt_end, gpupt_reset_end,
	TP_PROTO(struct pci_dev *pdev, unsigned int rung, int result, u32 ms),
	TP_ARGS(pdev, rung, result, ms)
);

#endif /* GPUPT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
