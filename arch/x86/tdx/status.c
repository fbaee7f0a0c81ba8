/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - names, classes, likely causes and remedies of completion statuses
 *
 * Names come from the list in abi/tdx.h. A status without an advice of its own gets its class's.
 * Source: Intel TDX Module 1.5 ABI specification, completion status codes.
 */
#include "status.h"

struct advice {
	u32 upper;
	const char *cause, *action;
};

#define UPPER(name) ((u32)TDX_##name##_CODE)

static const struct { u32 upper; const char *name; } names[] = {
#define X(name, upper) { upper, #name },
	TDX_STATUSES(X)
#undef X
};

static const struct { u32 id; const char *name; } operands[] = {
#define X(name, id) { id, #name },
	TDX_OPERANDS(X)
#undef X
};

static const struct { u8 class; const char *name, *cause, *action; } classes[] = {
	{ 0x00, "general", "the call ended early or the TD or vCPU is lost", "look at the name" },
	{ 0x01, "invalid operand", "an operand breaks a rule of the leaf", "correct the operand named" },
	{ 0x02, "resource busy", "another processor holds what the call needs", "call again, with a bound" },
	{ 0x03, "page metadata", "the page's type, size or owner is not what the leaf needs", "check who gave the page away" },
	{ 0x04, "dependent resources", "something still depends on the object", "end the dependents first" },
	{ 0x05, "module state", "the leaf is not allowed in the module's state", "check the order of bring-up" },
	{ 0x06, "TD state", "the leaf is not allowed in the TD's state", "check the order of the TD's life" },
	{ 0x07, "vCPU state", "the leaf is not allowed in the vCPU's state", "check the vCPU's life and its processor" },
	{ 0x08, "key management", "the HKID is not in the state that the leaf needs", "check the order of key calls" },
	{ 0x09, "platform", "the platform is set up in a way that the module refuses", "check BIOS settings, MSRs and CPUID" },
	{ 0x0a, "physical memory", "a TDMR or PAMT area breaks a rule", "look at the TDMR with the index in the detail" },
	{ 0x0b, "secure EPT", "the S-EPT entry is not in the state that the leaf needs", "look at the entry in RCX and RDX" },
	{ 0x0c, "metadata", "the field id or its value is not allowed", "check the id, the TD's DEBUG attribute and the value" },
	{ 0x0d, "service TD", "the binding is not as the leaf needs", "check the service TD" },
	{ 0x0e, "migration", "the migration session is not as the leaf needs", "check the session" },
	{ 0x10, "report", "the report was not made on this platform", "ask for a new report" },
	{ 0x11, "TD partitioning", "an exit or state of a nested guest", "handle the exit" },
	{ TDX_CLASS_SOFTWARE, "instruction", "SEAMCALL itself failed: no module answered",
	  "treat TDX as gone: module not loaded, shut down, or SEAM off in the BIOS" },
};

static const struct advice advices[] = {
	{ UPPER(SUCCESS), "done", "nothing" },
	{ UPPER(NON_RECOVERABLE_VCPU), "the vCPU met a triple fault or the like", "end the vCPU; the TD goes on" },
	{ UPPER(NON_RECOVERABLE_TD), "the TD broke a rule that cannot be undone", "tear the TD down" },
	{ UPPER(INTERRUPTED_RESUMABLE), "an interrupt was pending", "take it, then call again with the same operands" },
	{ UPPER(INTERRUPTED_RESTARTABLE), "an interrupt was pending", "take it, then call again from the start" },
	{ UPPER(INTERRUPTED_BUSY), "another processor wants the S-EPT tree", "call again from the start" },
	{ UPPER(OPERAND_ADDR_RANGE_ERROR), "the address is in no initialised TDMR block",
	  "use memory of a TDMR, after SYS.TDMR.INIT reached it" },
	{ UPPER(OPERAND_BUSY), "another processor works on the operand, or two operands are one page",
	  "call again, with a bound: two operands that are one page stay busy for ever" },
	{ UPPER(PREVIOUS_TLB_EPOCH_BUSY), "a vCPU is still inside since before the last MEM.TRACK",
	  "kick the TD's vCPUs, then call again" },
	{ UPPER(RND_NO_ENTROPY), "the random number generator had none", "call again, ten times at most" },
	{ UPPER(HPA_RANGE_NOT_FREE), "the 2 MiB range has its pair, or a page in it is used",
	  "count references per range: one PAMT.ADD for the first" },
	{ UPPER(NO_PAMT_PAGE_PAIR), "the 2 MiB range has no pair", "count references per range: one PAMT.REMOVE for the last" },
	{ UPPER(PAMT_PAGE_NOT_EMPTY), "a 4 KiB page of the range is in use", "reclaim it first" },
	{ UPPER(MISSING_PAMT_PAGE_PAIR), "the 2 MiB range of the operand has no PAMT page pair", "PAMT.ADD for the range, then call again" },
	{ UPPER(TD_ASSOCIATED_PAGES_EXIST), "pages still belong to the TD", "reclaim them before the TDR" },
	{ UPPER(SYS_LP_INIT_NOT_DONE), "this processor did not do SYS.LP.INIT", "do it when a processor comes up" },
	{ UPPER(SYS_SHUTDOWN), "the module was shut down", "make no more calls" },
	{ UPPER(TD_FATAL), "the TD is lost", "tear it down" },
	{ UPPER(VCPU_ASSOCIATED), "the vCPU is bound to another processor", "VP.FLUSH there, then call again" },
	{ UPPER(VCPU_NOT_ASSOCIATED), "the processor does not hold the vCPU", "nothing: it is flushed" },
	{ UPPER(KEY_GENERATION_FAILED), "the key generator had no entropy", "call again" },
	{ UPPER(FLUSHVP_NOT_DONE), "a vCPU is still bound to a processor", "VP.FLUSH each on its processor, then call again" },
	{ UPPER(WBCACHE_NOT_COMPLETE), "a package did not write its caches back", "CACHE.WB on each package, then call again" },
	{ UPPER(HKID_NOT_FREE), "the HKID is in use, or a failed SYS.CONFIG reserved it", "take another HKID" },
	{ UPPER(TLB_TRACKING_NOT_DONE), "no MEM.TRACK since the range was blocked, or a vCPU inside since before",
	  "MEM.TRACK, kick the vCPUs, then call again" },
};

bool tdx_busy(u64 status)
{
	switch ((u32)(status >> 32)) {
	case UPPER(OPERAND_BUSY):
	case UPPER(PREVIOUS_TLB_EPOCH_BUSY):
	case UPPER(SYS_BUSY):
	case UPPER(INTERRUPTED_BUSY):
		return true;
	}
	return false;
}

bool tdx_interrupted(u64 status)
{
	u32 upper = (u32)(status >> 32);

	return upper == UPPER(INTERRUPTED_RESUMABLE) || upper == UPPER(INTERRUPTED_RESTARTABLE);
}

static const char *operand_name(u8 class, u32 detail)
{
	if (class < 1 || class > 3)
		return NULL;
	for (size_t i = 0; i < sizeof(operands) / sizeof(*operands); i++)
		if (operands[i].id == detail)
			return operands[i].name;
	return NULL;
}

static void explain_class(struct tdx_explanation *e, u8 class)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (classes[i].class == class) {
			e->class = classes[i].name;
			e->cause = classes[i].cause;
			e->action = classes[i].action;
		}
}

struct tdx_explanation tdx_explain(u64 status)
{
	u32 upper = (u32)(status >> 32);
	u8 class = (u8)(status >> TDX_STATUS_CLASS_SHIFT);
	struct tdx_explanation e = {
		.name = "unknown status", .class = "unknown class", .cause = "not in the table of this version",
		.action = "look it up in the module's ABI specification",
		.operand = operand_name(class, (u32)status), .detail = (u32)status,
	};

	explain_class(&e, class);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].upper == upper)
			e.name = names[i].name;
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (advices[i].upper == upper) {
			e.cause = advices[i].cause;
			e.action = advices[i].action;
		}
	return e;
}
