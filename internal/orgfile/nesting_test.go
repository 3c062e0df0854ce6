package orgfile

import (
	"runtime"
	"strings"
	"testing"

	"muster/models"
)

// Whatever a file holds, reading it takes memory in proportion to its length.
func TestHostileFilesTakeLittleMemory(t *testing.T) {
	const size = 1 << 18
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	indented := func(item string) string {
		var b strings.Builder
		for n := 0; b.Len()+n < size; n++ {
			b.WriteString(strings.Repeat(" ", n) + item + "\n")
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"brackets":         "settings: " + fill("["),
		"closed brackets":  "settings: " + strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"braces":           "settings: " + strings.Repeat("{a: ", size/5) + "1" + strings.Repeat("}", size/5),
		"braces in lines":  "settings: " + strings.Repeat("{a:\n", size/5) + "1" + strings.Repeat("}\n", size/5),
		"dashes":           "roles:\n" + fill("- "),
		"tagged dashes":    "roles:\n" + fill("- !t "),
		"anchored dashes":  "roles:\n" + fill("- &a "),
		"questions":        fill("? "),
		"colons":           fill("a: "),
		"tags":             "settings: " + fill("!t "),
		"anchors":          "settings: " + fill("&a "),
		"keys by indent":   indented("a:"),
		"dashes by indent": indented("-"),
		"a quoted text":    `settings: {general.name: "` + fill("x") + `"}`,
		"an open quote":    `settings: {general.name: "` + fill("x\n"),
		"escapes":          `settings: {general.name: "` + fill(`\n`) + `"}`,
		"a plain text":     "organization:\n" + fill(" x\n"),
		"a literal":        "organization: |\n" + fill(" x\n"),
		"comments":         fill("#\n"),
		"empty lines":      "a: 1\n" + fill("\n") + "b: 2",
		"many members":     "members:\n" + fill("- email: a@b.c\n"),
		"aliases":          "organization: ACME\nroles: &a [{name: x}]\nmembers: [" + strings.Repeat("*a,", size/4) + "]",
		"a wide list":      "roles: [" + strings.Repeat("{},", size/4) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse([]byte(text))
			runtime.ReadMemStats(&after)
			if models.CodeOf(err) == models.CodeInternal {
				t.Error(err)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 500 {
				t.Errorf("%d MiB for %d kB", took, len(text)>>10)
			} else {
				t.Logf("%d MiB: %.80v", took, err)
			}
		})
	}
}
