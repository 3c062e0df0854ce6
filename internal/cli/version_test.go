package cli

import (
	"runtime/debug"
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
