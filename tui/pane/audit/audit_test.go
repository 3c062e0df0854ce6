package audit

import (
	"fmt"
	"strings"
	"testing"

	"muster/models"
)

func TestABrokenLogNamesTheEntry(t *testing.T) {
	lines := reportLines(models.ChainReport{Entries: 9, Broken: 4, Why: "its hash does not fit"})
	if got := fmt.Sprint(lines); !strings.Contains(got, "✗ The log is broken at entry 4: its hash does not fit.") {
		t.Errorf("the report says %s", got)
	}
}

func TestShellWords(t *testing.T) {
	for value, quoted := range map[string]string{"ada@acme.dev": "ada@acme.dev", "a b": "'a b'", "it's; rm": `'it'\''s; rm'`, "$(x)": "'$(x)'"} {
		if got := shellWord(value); got != quoted {
			t.Errorf("%q is quoted %s, not %s", value, got, quoted)
		}
	}
}
