package cli

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestBuildOf(t *testing.T) {
	b := buildOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}})
	if b.Version != "v1.2.3" || b.Revision != "abc" || !b.Modified {
		t.Errorf("got %+v", b)
	}
	if b := buildOf(&debug.BuildInfo{}); b.Version != "(devel)" {
		t.Errorf("a build without a version is called %q", b.Version)
	}
}

func TestVersionInOneLine(t *testing.T) {
	b := buildOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-08-14T09:30:00Z"}, {Key: "vcs.modified", Value: "true"},
	}})
	b.Go = "go1.26"
	if got := b.String(); got != "muster v1.2.3, revision 0123456789ab and changes of 2026-08-14, go1.26" {
		t.Errorf("%q", got)
	}
	if got := (build{Version: "(devel)", Go: "go1.26"}).String(); got != "muster (devel), go1.26" {
		t.Errorf("%q", got)
	}
}

func TestVersionFlags(t *testing.T) {
	c := newClinic(t)
	want, _, _ := c.run("version")
	for _, flag := range []string{"--version", "-v"} {
		if got, errs, status := c.run(flag); status != 0 || got != want || !strings.HasPrefix(got, "muster ") {
			t.Errorf("%s: %d, %q, %s", flag, status, got, errs)
		}
	}
}
