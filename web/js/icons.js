// SPDX-License-Identifier: GPL-2.0-or-later
// Icons on a grid of 24, drawn as strokes.

import { svg } from "./dom.js";

const paths = {
	add: "M12 5v14M5 12h14",
	back: "M15 5l-7 7 7 7",
	camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
	check: "M5 12.5l4.5 4.5L19 7.5",
	close: "M6 6l12 12M18 6L6 18",
	edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
	full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
	forward: "M9 5l7 7-7 7",
	key: "M8 12a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 13l8.5-8.5M16 8l3 3",
	leave: "M14 4H5v16h9M10 12h10M16 8l4 4-4 4",
	moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
	move: "M4 12h15M13 6l6 6-6 6",
	muted: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
	photo: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
	film: "M4 5h16v14H4zM10 9.2v5.6l5-2.8z",
	region: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
	restart: "M19 12a7 7 0 1 1-2.2-5.1M19 3.5V7.5h-4",
	sound: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
	start: "M8 5.5v13l10-6.5z",
	stop: "M7 7h10v10H7z",
	sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M18.4 5.6L17 7M7 17l-1.4 1.4",
	trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
	undo: "M9 6L4.5 10.5 9 15M5 10.5h9a5 5 0 0 1 0 10h-3",
	upload: "M12 16V5M7.5 9L12 4.5 16.5 9M5 15v5h14v-5",
	warn: "M12 4L2.8 20h18.4zM12 10v5M12 17.5h.01",
};

export function icon(name) {
	return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
		svg("path", { d: paths[name] }));
}
