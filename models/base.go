package models

import (
	"slices"
	"sync"
)

// A Base is what changes wrote into the log: what taking them back expects to be
// the last word about the same things. The zero value expects nothing.
type Base struct {
	mu      sync.Mutex
	entries []AuditEntry
}

// Add notes entries; a nil base notes nothing.
func (b *Base) Add(entries ...AuditEntry) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, entries...)
}

// Entries are those noted so far.
func (b *Base) Entries() []AuditEntry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.entries)
}
