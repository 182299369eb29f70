{
  'targets': [{ 'target_name': 'sld_edge_jpeg', 'sources': ['binding.cc', 'scans.cc', 'block-walks.cc'], 'libraries': ['-ljpeg'] }]
}
