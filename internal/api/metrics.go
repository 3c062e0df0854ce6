package api

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Metrics counts what goes on, and writes it in the text form of Prometheus
// (version 0.0.4). The form is a page long; the client library of Prometheus brings
// protocol buffers into the binary for it. A nil one counts nothing.
//
// Labels are names of operations, statuses and codes, of which there are few:
// nothing that a client sends becomes one.
type Metrics struct {
	// Gauges are asked when somebody reads the metrics.
	Gauges []Gauge

	requests, refusals, commands, webhooks counts

	took map[string]*histogram // by door; never changed
}

// Gauge is a value that goes up and down. One that cannot be told is left out.
type Gauge struct {
	Name, Help string
	Value      func(ctx context.Context) (float64, error)
}

// NewMetrics makes metrics with these gauges.
func NewMetrics(gauges ...Gauge) *Metrics {
	return &Metrics{Gauges: gauges, took: map[string]*histogram{"http": newHistogram(), "ssh": newHistogram()}}
}

// request counts a request over HTTP that was answered.
func (m *Metrics) request(operation string, status int, code string, took time.Duration) {
	if m == nil || operation == "" {
		return
	}
	m.requests.add(`operation="` + operation + `",status="` + strconv.Itoa(status) + `"`)
	if code != "" {
		m.refusals.add(`door="http",code="` + code + `"`)
	}
	m.took["http"].add(took)
}

// Command counts a command over SSH that has ended, code is that of its error.
func (m *Metrics) Command(code string, took time.Duration) {
	if m == nil {
		return
	}
	outcome := code
	if code == "" {
		outcome = "done"
	} else {
		m.refusals.add(`door="ssh",code="` + code + `"`)
	}
	m.commands.add(`outcome="` + outcome + `"`)
	m.took["ssh"].add(took)
}

// Webhook counts an attempt to send an event to a webhook: delivered, refused by
// what answered, or unanswered.
func (m *Metrics) Webhook(outcome string) {
	if m != nil {
		m.webhooks.add(`outcome="` + outcome + `"`)
	}
}

// counts are counters of one name by their labels.
type counts struct{ by sync.Map } // string -> *atomic.Int64

func (c *counts) add(labels string) {
	n, ok := c.by.Load(labels)
	if !ok {
		n, _ = c.by.LoadOrStore(labels, new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

func (c *counts) write(b *bytes.Buffer, name, help string) {
	var lines []string
	c.by.Range(func(labels, n any) bool {
		lines = append(lines, fmt.Sprintf("%s{%s} %d\n", name, labels, n.(*atomic.Int64).Load()))
		return true
	})
	slices.Sort(lines)
	head(b, name, help, "counter")
	b.WriteString(strings.Join(lines, ""))
}

func head(b *bytes.Buffer, name, help, kind string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// bounds are the upper ends of the buckets, in seconds.
func bounds() []float64 {
	return []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
}

type histogram struct {
	mu      sync.Mutex
	buckets []int64
	sum     float64
	count   int64
}

func newHistogram() *histogram { return &histogram{buckets: make([]int64, len(bounds()))} }

func (h *histogram) add(took time.Duration) {
	s := took.Seconds()
	i, _ := slices.BinarySearch(bounds(), s)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sum += s
	h.count++
	if i < len(h.buckets) {
		h.buckets[i]++
	}
}

func (h *histogram) write(b *bytes.Buffer, name, labels string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var n int64
	for i, end := range bounds() {
		n += h.buckets[i]
		fmt.Fprintf(b, "%s_bucket{%s,le=\"%s\"} %d\n", name, labels, number(end), n)
	}
	fmt.Fprintf(b, "%s_bucket{%s,le=\"+Inf\"} %d\n%s_sum{%s} %s\n%s_count{%s} %d\n", name, labels, h.count, name, labels, number(h.sum), name, labels, h.count)
}

func number(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return "0"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// gaugeTime bounds how long all gauges may take.
const gaugeTime = 3 * time.Second

// ServeHTTP answers GET /metrics.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/metrics" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), gaugeTime)
	defer cancel()
	var b bytes.Buffer
	for _, g := range m.Gauges {
		v, err := g.Value(ctx)
		if err != nil {
			continue
		}
		head(&b, g.Name, g.Help, "gauge")
		fmt.Fprintf(&b, "%s %s\n", g.Name, number(v))
	}
	m.requests.write(&b, "muster_http_requests_total", "requests over HTTP by operation and status")
	m.commands.write(&b, "muster_ssh_commands_total", "commands over SSH by how they ended")
	m.webhooks.write(&b, "muster_webhook_attempts_total", "attempts to send an event to a webhook by how they ended")
	m.refusals.write(&b, "muster_refusals_total", "what was refused, by door and code of the error")
	head(&b, "muster_answer_seconds", "how long answers took, by door", "histogram")
	m.took["http"].write(&b, "muster_answer_seconds", `door="http"`)
	m.took["ssh"].write(&b, "muster_answer_seconds", `door="ssh"`)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a client that left needs none
}
