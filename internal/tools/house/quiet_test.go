package house

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// outside are the packages through which a process touches what is around it.
var outside = map[string]bool{"os": true, "os/exec": true, "net": true, "net/http": true, "database/sql": true, "io/fs": true}

// TestTheAppAsksNothingOutside holds that Update and View read no clock, disk,
// environment or network: time comes with the message, and data with the answer of
// a command. The screen writer has the terminal, and one field looks for a file of
// one's own machine.
func TestTheAppAsksNothingOutside(t *testing.T) {
	clock := regexp.MustCompile(`\btime\.(Now|Since|Until)\(`)
	looked := 0
	eachFile(t, func(f file) {
		if f.isTest() || !strings.HasPrefix(f.path, "tui/") || strings.HasPrefix(f.path, "tui/screen/") || strings.HasPrefix(f.path, "tui/tuitest/") {
			return
		}
		looked++
		_, tree := f.parse(t)
		for _, i := range tree.Imports {
			if name, _ := strconv.Unquote(i.Path.Value); outside[name] && f.path != "tui/ui/file.go" {
				t.Errorf("%s imports %s: let a command do that, and say so with a message", f.path, name)
			}
		}
		if at := clock.FindString(f.text); at != "" {
			t.Errorf("%s calls %s): time comes with the message", f.path, at)
		}
	}, ".go")
	if looked < 100 {
		t.Errorf("only %d files were looked at", looked)
	}
}
