package house

import (
	"regexp"
	"strings"
	"testing"
)

// notOurs are messages of ssh that docs/troubleshooting.md explains.
var notOurs = list(`
	Permission denied (publickey,keyboard-interactive)
	Connection refused
	Connection reset
	closed by remote host
	REMOTE HOST IDENTIFICATION HAS CHANGED
	address already in use
`)

var (
	explained = regexp.MustCompile(`(?m)^\*\*.*?\*\*`)
	quoted    = regexp.MustCompile("`([^`]+)`")
)

// TestExplainedMessagesExist: what docs/troubleshooting.md explains is still said by
// the program, word by word.
func TestExplainedMessagesExist(t *testing.T) {
	var source strings.Builder
	eachFile(t, func(f file) {
		if !f.isTest() {
			source.WriteString(f.text)
		}
	}, ".go")
	said := source.String()
	n := 0
	eachFile(t, func(f file) {
		if f.path != "docs/troubleshooting.md" {
			return
		}
		text := regexp.MustCompile(`([^\n])\n([^\n])`).ReplaceAllString(f.text, "$1 $2")
		for _, title := range explained.FindAllString(text, -1) {
			for _, m := range quoted.FindAllStringSubmatch(title, -1) {
				if notOurs[m[1]] {
					continue
				}
				n++
				for part := range strings.SplitSeq(strings.ReplaceAll(m[1], "NAME", "…"), "…") {
					part = strings.Trim(part, ` ":`)
					if len(part) > 3 && !strings.Contains(said, part) {
						t.Errorf("%s explains %q, and nothing says %q", f.path, m[1], part)
					}
				}
			}
		}
	}, ".md")
	if n < 10 {
		t.Errorf("only %d messages were looked for", n)
	}
}
