package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// sample is one number of one round.
type sample struct {
	key
	Round int
	Value float64
}

// key says what a number is of.
type key struct {
	Section        string // list, bare, open, change, memory or disk
	Item           string // the question, how many writers, …
	Peer           string
	Metric         string // with its unit: ms, /s, MiB
	Calls, Tenants int
}

// results are all numbers of a run.
type results struct {
	samples []sample
}

func (r *results) add(k key, round int, value float64) {
	r.samples = append(r.samples, sample{k, round, value})
}

// addPace adds the numbers of a pace.
func (r *results) addPace(k key, round int, p pace) {
	for _, m := range []struct {
		metric string
		value  float64
	}{{"/s", p.PerSecond}, {"p50 ms", ms(p.P50)}, {"p99 ms", ms(p.P99)}} {
		k.Metric = m.metric
		r.add(k, round, m.value)
	}
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// median is that of the rounds; 0 without any.
func (r *results) median(k key) float64 {
	var values []float64
	for _, s := range r.samples {
		if s.key == k {
			values = append(values, s.Value)
		}
	}
	return middle(values)
}

// ratio is the median of what a was of b in each round, so that a busy round spoils one and not all; 0 without any.
func (r *results) ratio(a, b key) float64 {
	of := map[int]float64{}
	for _, s := range r.samples {
		if s.key == b {
			of[s.Round] = s.Value
		}
	}
	var values []float64
	for _, s := range r.samples {
		if s.key == a && of[s.Round] > 0 {
			values = append(values, s.Value/of[s.Round])
		}
	}
	return middle(values)
}

func middle(values []float64) float64 {
	if values == nil {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// write keeps every number, so that the spread of the rounds can be seen.
func (r *results) write(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	w := csv.NewWriter(f)
	if err := w.Write([]string{"section", "item", "peer", "metric", "calls", "tenants", "round", "value"}); err != nil {
		return err
	}
	for _, s := range r.samples {
		if err := w.Write([]string{
			s.Section, s.Item, s.Peer, s.Metric, strconv.Itoa(s.Calls), strconv.Itoa(s.Tenants), strconv.Itoa(s.Round),
			fmt.Sprintf("%.4g", s.Value),
		}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
