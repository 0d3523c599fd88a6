# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += \
	%D%/browser.py \
	%D%/buses.py \
	%D%/faces.py \
	%D%/kit.py \
	%D%/log-volume \
	%D%/packets.py \
	%D%/netem.py \
	%D%/page.py \
	%D%/peers.py \
	%D%/promtool \
	%D%/run-all \
	%D%/soak \
	%D%/scenario_api.py \
	%D%/scenario_backup.py \
	%D%/scenario_bitrate.py \
	%D%/scenario_bus.py \
	%D%/scenario_clips.py \
	%D%/scenario_config.py \
	%D%/scenario_console.py \
	%D%/scenario_contract.py \
	%D%/scenario_detector.py \
	%D%/scenario_egmctl.py \
	%D%/scenario_evaluate.py \
	%D%/scenario_face.py \
	%D%/scenario_facts.py \
	%D%/scenario_fortress.py \
	%D%/scenario_faults.py \
	%D%/scenario_front.py \
	%D%/scenario_geometry.py \
	%D%/scenario_hostile.py \
	%D%/scenario_input.py \
	%D%/scenario_journal.py \
	%D%/scenario_notify.py \
	%D%/scenario_outputs.py \
	%D%/scenario_pack.py \
	%D%/scenario_page.py \
	%D%/scenario_secrets.py \
	%D%/scenario_server.py \
	%D%/scenario_service.py \
	%D%/scenario_slow.py \
	%D%/scenario_watch.py \
	%D%/scenario_world.py \
	%D%/srs.py \
	%D%/web.py \
	%D%/wire.py
EXTRA_DIST += tests/data/clips
