package store_test

import (
	"context"
	"testing"
	"time"

	"muster/models"
)

// TestAPanicLeavesNothingLocked holds that a change which panics, which a front
// door survives, is undone and holds up nobody after it.
func TestAPanicLeavesNothingLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("there was no panic")
			}
		}()
		_, _ = w.s.SetBinding(w.ctx, ada, "quit", []string{"Q"}, func(models.Bindings) error { panic("a fault") })
	}()
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	if _, err := w.s.UpdateSettings(ctx, ada, acme.ID, []models.SettingChange{{Key: models.SetMOTD, Value: "hello"}}, true); err != nil {
		t.Errorf("the next change: %v", err)
	}
}
