package house

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	codeText = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	notSlug  = regexp.MustCompile(`[^\pL\pN _-]+`)
)

// TestLinks: every link of the pages leads to a file that is there, and to a
// heading of it. Addresses elsewhere are not asked.
func TestLinks(t *testing.T) {
	anchors := map[string]map[string]bool{}
	eachFile(t, func(f file) {
		anchors[f.path] = map[string]bool{}
		for _, m := range heading.FindAllStringSubmatch(f.text, -1) {
			anchors[f.path][slug(m[1])] = true
		}
	}, ".md")
	n := 0
	eachFile(t, func(f file) {
		for _, m := range link.FindAllStringSubmatch(codeText.ReplaceAllString(f.text, ""), -1) {
			target := m[1] + m[2]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			n++
			name, anchor, _ := strings.Cut(target, "#")
			to := f.path
			if name != "" {
				to = path.Join(path.Dir(f.path), name)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s, which is not there", f.path, target)
				continue
			}
			if anchor != "" && !anchors[to][anchor] {
				t.Errorf("%s links to %s, and %s has no such heading", f.path, target, to)
			}
		}
	}, ".md")
	if n < 40 {
		t.Errorf("only %d links were found", n)
	}
}

// slug is the anchor of a heading, as GitHub and Forgejo make it.
func slug(title string) string {
	return strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-")
}
