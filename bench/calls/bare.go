package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// bare answers with our first page, and does nothing else: what its reply costs the server is what no API can save.
// /prepared writes its bytes as they are, /append makes them from the rows by hand, /json by encoding/json.
type bare struct{ dir string }

// bareFile is where it finds the page, as ours has answered it.
const bareFile = "page.json"

var bareWays = []string{"prepared", "append", "json"}

func (b bare) serve() (http.Handler, http.Header, error) {
	body, err := os.ReadFile(filepath.Join(b.dir, bareFile))
	if err != nil {
		return nil, nil, err
	}
	var page apiPage
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(appendPage(nil, page), bytes.TrimSpace(body)) {
		return nil, nil, errors.New("the page made by hand is not the one that ours answers")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/prepared", func(w http.ResponseWriter, _ *http.Request) { writeBody(w, body) })
	mux.HandleFunc("/append", func(w http.ResponseWriter, _ *http.Request) {
		writeBody(w, appendPage(make([]byte, 0, 16<<10), page))
	})
	mux.HandleFunc("/json", func(w http.ResponseWriter, _ *http.Request) { writePage(w, page) })
	return mux, nil, nil
}

func appendPage(b []byte, page apiPage) []byte {
	b = append(b, `{"data":[`...)
	for i := range page.Data {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRow(b, &page.Data[i])
	}
	b = append(b, `],"meta":{"current_page":`...)
	b = strconv.AppendInt(b, int64(page.Meta.CurrentPage), 10)
	b = append(b, `,"page_size":`...)
	b = strconv.AppendInt(b, int64(page.Meta.PageSize), 10)
	b = append(b, `,"total_pages":`...)
	b = strconv.AppendInt(b, int64(page.Meta.TotalPages), 10)
	b = append(b, `,"total_count":`...)
	b = strconv.AppendInt(b, int64(page.Meta.TotalCount), 10)
	return append(b, "}}"...)
}

func appendRow(b []byte, r *apiRow) []byte {
	b = appendText(append(b, `{"id":`...), &r.ID)
	b = appendText(append(b, `,"status":`...), &r.Status)
	b = appendText(append(b, `,"department_id":`...), r.DepartmentID)
	b = appendText(append(b, `,"department_name":`...), r.DepartmentName)
	b = appendText(append(b, `,"user_id":`...), r.UserID)
	b = appendText(append(b, `,"user_name":`...), r.UserName)
	b = appendText(append(b, `,"customer_name":`...), r.CustomerName)
	b = appendText(append(b, `,"customer_email":`...), r.CustomerEmail)
	b = appendText(append(b, `,"customer_phone":`...), r.CustomerPhone)
	b = appendNumber(append(b, `,"duration":`...), r.Duration)
	b = appendNumber(append(b, `,"wait_time":`...), r.WaitTime)
	b = appendNumber(append(b, `,"rating":`...), r.Rating)
	b = appendText(append(b, `,"notes":`...), r.Notes)
	b = strconv.AppendBool(append(b, `,"has_recording":`...), r.HasRecording)
	b = appendText(append(b, `,"started_at":`...), r.StartedAt)
	b = appendText(append(b, `,"completed_at":`...), r.CompletedAt)
	b = appendText(append(b, `,"inserted_at":`...), r.InsertedAt)
	return append(b, '}')
}

// appendText writes a text that has nothing to escape: the generator makes no others, and serve has compared.
func appendText(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = append(b, *s...)
	return append(b, '"')
}

func appendNumber(b []byte, n *int64) []byte {
	if n == nil {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, *n, 10)
}

func (bare) load(data, int) error { return nil }
func (bare) changer() (func(int) error, error) {
	return nil, errors.New("a bare handler keeps nothing")
}
func (bare) close() error { return nil }
