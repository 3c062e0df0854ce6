package main

import (
	"runtime/debug"
	"testing"

	"golang.org/x/mod/semver"
)

// TestFloors holds the oldest versions that are free of known
// vulnerabilities (docs/dev/architecture.md).
func TestFloors(t *testing.T) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("the test binary has no build information")
	}
	have := map[string]string{}
	for _, m := range info.Deps {
		have[m.Path] = m.Version
		if m.Replace != nil {
			t.Errorf("%s is replaced", m.Path)
		}
	}
	for path, floor := range map[string]string{
		"charm.land/wish/v2": "v2.0.3", "charm.land/ssh": "v0.4.3", "golang.org/x/crypto": "v0.58.0",
	} {
		if v := have[path]; v == "" || semver.Compare(v, floor) < 0 {
			t.Errorf("%s is at %q, and must be at %s or later", path, v, floor)
		}
	}
}
