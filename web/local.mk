# SPDX-License-Identifier: GPL-2.0-or-later
# The technician's page, served as it is. (watch.html is the demo's, and part of the program.)
webdir = $(pkgdatadir)/web
dist_web_DATA = %D%/index.html
webcssdir = $(webdir)/css
dist_webcss_DATA = \
	%D%/css/base.css \
	%D%/css/controls.css \
	%D%/css/layout.css \
	%D%/css/panels.css \
	%D%/css/picture.css
webjsdir = $(webdir)/js
dist_webjs_DATA = \
	%D%/js/api.js \
	%D%/js/backoff.js \
	%D%/js/candidates.js \
	%D%/js/card.js \
	%D%/js/colours.js \
	%D%/js/dialog.js \
	%D%/js/dom.js \
	%D%/js/events.js \
	%D%/js/feed.js \
	%D%/js/format.js \
	%D%/js/graph.js \
	%D%/js/header.js \
	%D%/js/icons.js \
	%D%/js/language.js \
	%D%/js/live-player.js \
	%D%/js/main.js \
	%D%/js/meters.js \
	%D%/js/outputs.js \
	%D%/js/picture.js \
	%D%/js/references.js \
	%D%/js/region-editor.js \
	%D%/js/regions.js \
	%D%/js/session.js \
	%D%/js/signal.js \
	%D%/js/state.js \
	%D%/js/tabs.js \
	%D%/js/theme.js \
	%D%/js/thumb.js \
	%D%/js/timeline.js \
	%D%/js/toast.js \
	%D%/js/trash.js \
	%D%/js/viewer.js
weblangdir = $(webdir)/lang
dist_weblang_DATA = \
	%D%/lang/en.json \
	%D%/lang/zh-Hans.json \
	%D%/lang/zh-Hant.json
