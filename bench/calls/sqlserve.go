package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// apiRow is a call in a list, with the fields of the API in their order.
type apiRow struct {
	ID             string  `json:"id"`
	Status         string  `json:"status"`
	DepartmentID   *string `json:"department_id"`
	DepartmentName *string `json:"department_name"`
	UserID         *string `json:"user_id"`
	UserName       *string `json:"user_name"`
	CustomerName   *string `json:"customer_name"`
	CustomerEmail  *string `json:"customer_email"`
	CustomerPhone  *string `json:"customer_phone"`
	Duration       *int64  `json:"duration"`
	WaitTime       *int64  `json:"wait_time"`
	Rating         *int64  `json:"rating"`
	Notes          *string `json:"notes"`
	HasRecording   bool    `json:"has_recording"`
	StartedAt      *string `json:"started_at"`
	CompletedAt    *string `json:"completed_at"`
	InsertedAt     *string `json:"inserted_at"`
}

// apiPage is a reply.
type apiPage struct {
	Data []apiRow `json:"data"`
	Meta apiMeta  `json:"meta"`
}

type apiMeta struct {
	CurrentPage int `json:"current_page"`
	PageSize    int `json:"page_size"`
	TotalPages  int `json:"total_pages"`
	TotalCount  int `json:"total_count"`
}

// scan reads the columns of a row.
func (r *apiRow) scan(from func(...any) error) error {
	var started, completed, inserted *int64
	err := from(&r.ID, &r.Status, &r.DepartmentID, &r.DepartmentName, &r.UserID, &r.UserName, &r.CustomerName,
		&r.CustomerEmail, &r.CustomerPhone, &r.Duration, &r.WaitTime, &r.Rating, &r.Notes, &r.HasRecording, &started,
		&completed, &inserted)
	r.StartedAt, r.CompletedAt, r.InsertedAt = stamp(started), stamp(completed), stamp(inserted)
	return err
}

func stamp(seconds *int64) *string {
	if seconds == nil {
		return nil
	}
	s := time.Unix(*seconds, 0).UTC().Format(time.RFC3339)
	return &s
}

// answers serves the questions by their numbers. lookUp returns the rows and the total of one.
func answers(all []question, lookUp func(ctx context.Context, n int) ([]apiRow, int, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || n < 0 || n >= len(all) {
			http.NotFound(w, r)
			return
		}
		rows, total, err := lookUp(r.Context(), n)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writePage(w, apiPage{Data: rows, Meta: apiMeta{
			CurrentPage: all[n].Page, PageSize: pageSize, TotalPages: (total + pageSize - 1) / pageSize, TotalCount: total,
		}})
	})
}

func writePage(w http.ResponseWriter, page apiPage) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeBody(w, body.Bytes())
}

// writeBody is a reply with the headers that ours has.
func writeBody(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}
